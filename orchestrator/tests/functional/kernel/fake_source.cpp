// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_source.hpp"

#include "base/text.hpp"
#include "kernel/variant_load.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace assay::kernel {
namespace {

constexpr std::string_view makefile = R"(# Stands in for kbuild. @ROOT@ is the folder of the test.
objects := mm/memory.o mm/slub.o

allnoconfig:
	@grep -v CONFIG_GONE $(KCONFIG_ALLCONFIG) > .config
	@mkdir -p include/config && echo 6.12.0-fake > include/config/kernel.release

olddefconfig:
	@grep -v CONFIG_GONE .config > .config.new; mv .config.new .config
	@mkdir -p include/config && echo 6.12.0-fake > include/config/kernel.release

bzImage: $(objects)
	@mkdir -p arch/x86/boot
	@echo "  LD      vmlinux"
	@cat $(objects) > vmlinux
	@echo '.incbin "vmlinux"' > arch/x86/boot/piggy.S
	@$(CC) -MMD -MF arch/x86/boot/piggy.d $(AFLAGS_piggy.o) -c -o arch/x86/boot/piggy.o arch/x86/boot/piggy.S
	@echo "  BUILD   arch/x86/boot/bzImage"
	@cat arch/x86/boot/piggy.o .config > arch/x86/boot/bzImage

scripts_gdb:
	@echo 'import linux.constants' > scripts/gdb/vmlinux-gdb.py
	@echo CONSTANT = 1 > scripts/gdb/linux/constants.py
	@ln -fsn $(CURDIR)/scripts/gdb/vmlinux-gdb.py

modules:
	@echo "  LD [M]  mm/late.ko"
	@echo module > mm/late.ko

modules_install:
	@mkdir -p $(INSTALL_MOD_PATH)/lib/modules/6.12.0-fake/kernel/mm
	@cp mm/late.ko $(INSTALL_MOD_PATH)/lib/modules/6.12.0-fake/kernel/mm
	@ln -sfn $(CURDIR) $(INSTALL_MOD_PATH)/lib/modules/6.12.0-fake/build

%.o: %.c
	@echo "  CC      $@"
	@echo $@ >> @ROOT@/compiled
	@if test -e @ROOT@/slow; then sleep 2; fi
	@if grep -n '^#error' $<; then echo "$<:1:2: error: #error"; exit 1; fi
	@cp $< $@
	@echo "cmd_$@ := cp" > $(dir $@).$(notdir $@).cmd
)";

constexpr std::string_view patch = R"(Subject: another answer

--- a/mm/memory.c
+++ b/mm/memory.c
@@ -1,3 +1,3 @@
 int memory(void) {
-  return 1;
+  return 2;
 }
)";

std::string with_root(std::string_view text, const fs::path& root) {
  std::string result(text);
  constexpr std::string_view mark = "@ROOT@";
  for (auto at = result.find(mark); at != std::string::npos; at = result.find(mark)) {
    result.replace(at, mark.size(), root.string());
  }
  return result;
}

Task<std::string> gc_words() { co_return "gc would free much"; }

template <class T>
T run(Task<T> task) {
  asio::io_context context(1);
  std::optional<T> result;
  asio::co_spawn(context, std::move(task), [&](const std::exception_ptr& trouble, T value) {
    if (trouble) {
      std::rethrow_exception(trouble);
    }
    result = std::move(value);
  });
  context.run();
  return std::move(*result);
}

}  // namespace

FakeSource::FakeSource() {
  std::string name = (fs::temp_directory_path() / "assay-fake-XXXXXX").string();
  root_ = ::mkdtemp(name.data());
  write("linux-source-fake/Makefile", with_root(makefile, root_));
  write("linux-source-fake/Kconfig", "source \"mm/Kconfig\"\n");
  write("linux-source-fake/arch/x86/Makefile", "");
  write("linux-source-fake/mm/Kconfig", "config GONE\n\tbool \"gone\"\n\tdepends on MOON\n");
  write("linux-source-fake/mm/memory.c", "int memory(void) {\n  return 1;\n}\n");
  write("linux-source-fake/mm/slub.c", "int slub;\n");
  write("linux-source-fake/scripts/gdb/linux/utils.py", "utils = 1\n");
  write("linux-source-fake/drivers/gpu/big.c", "int big;\n");
  const auto pack =
      fmt::format("cd {0} && tar -cJf linux-source-fake.tar.xz linux-source-fake", root_.string());
  EXPECT_EQ(std::system(pack.c_str()), 0);
  write("images/kernels/base.config", "CONFIG_SMP=y\n");
  write("images/kernels/base.toml",
        "arch = \"x86_64\"\nfragments = [\"base.config\"]\nsource = { debian = \"linux-source-fake\" }\n");
  write("images/kernels/change/series", "memory.patch\n");
  write("images/kernels/change/memory.patch", patch);
  write("images/kernels/changed.toml", "extends = \"base\"\nseries = \"change\"\n");
}

FakeSource::~FakeSource() {
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

BuilderOptions FakeSource::options() const {
  BuilderOptions options;
  options.cache = root_ / "cache";
  options.sources = root_;
  options.jobs = 1;
  options.when_full = [] { return gc_words(); };
  return options;
}

fs::path FakeSource::write(const fs::path& name, std::string_view content) const {
  const auto path = root_ / name;
  EXPECT_TRUE(make_directories(path.parent_path()));
  const auto written = write_file(path, content);
  EXPECT_TRUE(written) << written.error().text();
  return path;
}

Variant FakeSource::variant(std::string_view name) const {
  auto variant = load_variant(root_ / "images", name, Arch::x86_64);
  EXPECT_TRUE(variant) << variant.error().text();
  return variant ? *variant : Variant();
}

std::vector<std::string> FakeSource::compiled() const {
  std::vector<std::string> objects;
  const auto text = read_file(root_ / "compiled");
  for (const auto line : split(text ? std::string_view(*text) : std::string_view(), '\n')) {
    if (!line.empty()) {
      objects.emplace_back(line);
    }
  }
  return objects;
}

Result<Kernel> FakeSource::build(std::string_view name, std::vector<BuildProgress>* steps) const {
  const ProgressSink sink = [steps](const BuildProgress& progress) {
    if (steps != nullptr) {
      steps->push_back(progress);
    }
  };
  return run(kernel::build(variant(name), options(), sink));
}

Result<std::string> FakeSource::configuration(std::string_view name) const {
  const ProgressSink ignore = [](const BuildProgress&) {};
  return run(configuration_of(variant(name), options(), ignore));
}

std::optional<Kernel> FakeSource::find(std::string_view name) const {
  auto found = run(find_built(variant(name), options()));
  EXPECT_TRUE(found) << found.error().text();
  return found ? *found : std::nullopt;
}

}  // namespace assay::kernel
