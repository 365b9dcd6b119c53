// SPDX-License-Identifier: GPL-2.0-or-later
#include "on_mutants.hpp"

#include <unistd.h>

#include <csignal>
#include <utility>

namespace assay::cli {
namespace {

/// Stands in for kbuild: what the code is decides what the image is, and nothing else does.
constexpr std::string_view makefile = R"(objects := mm/memory.o mm/slub.o

allnoconfig:
	@cp $(KCONFIG_ALLCONFIG) .config
	@mkdir -p include/config && echo 6.12.0-fake > include/config/kernel.release

olddefconfig:
	@mkdir -p include/config && echo 6.12.0-fake > include/config/kernel.release

bzImage: $(objects)
	@mkdir -p arch/x86/boot
	@echo "  LD      vmlinux"
	@$(CC) -nostdlib -static -Wl,-e,0,--build-id=none -o vmlinux $(objects)
	@objcopy -O binary -j .text vmlinux arch/x86/boot/bzImage

%.o: %.c
	@echo "  CC      $@"
	@$(CC) -O1 -ffreestanding -Werror=unused-parameter -c -o $@ $<
	@echo "savedcmd_$@ := $(CC) -O1 -Iinclude -c -o $@ $<" > $(dir $@).$(notdir $@).cmd
)";

constexpr std::string_view claim_on_touches = R"(
[[claims]]
id = "enough"
says = "each page is touched"
quote = "it touches each"
author = "A. Nonymous"
workload = "other"
figure = "touches"
expect = { after = ">= 1000" }
)";

Task<> complains_in(Inside& guest, std::string_view workload) {
  co_await guest.hello();
  while (const auto order = co_await guest.order()) {
    if (guest.workload() == workload) {
      guest.print("[    1.0] BUG: Bad page state in process agent  pfn:00042\n");
    }
    auto passed = link::sample::result(*order);
    co_await guest.send(std::move(passed));
  }
}

}  // namespace

Task<> complains_in_one(Inside& guest) { co_await complains_in(guest, "idle"); }
Task<> complains_in_other(Inside& guest) { co_await complains_in(guest, "fault.shared"); }

Task<> skips_idle(Inside& guest) {
  const link::sample::ResultWords skipped{wire::Fate::finished, wire::Outcome::skip, "no userfaultfd", true,
                                          0};
  const link::sample::ResultWords passed;
  co_await guest.hello();
  while (const auto order = co_await guest.order()) {
    co_await guest.send(link::sample::result(*order, guest.workload() == "idle" ? skipped : passed));
  }
}

Task<> touches_little(Inside& guest) {
  link::sample::ResultWords words;
  words.touches = 7;
  co_await guest.hello();
  co_await guest.serve(words);
}

Task<> takes_too_long(Inside& guest) {
  const link::sample::ResultWords words{wire::Fate::timed_out, wire::Outcome::none, "", true, 9};
  co_await guest.hello();
  co_await guest.serve(words);
}

Task<> interrupts(Inside& guest) {
  co_await guest.hello();
  co_await guest.order();
  ::kill(::getpid(), SIGINT);
  co_await guest.live();
}

Task<> stops_the_program_once(Inside& guest) {
  co_await guest.hello();
  ::kill(::getpid(), SIGSTOP);
  co_await guest.serve();
}

Mutate::Mutate() {
  write("tree/Makefile", makefile);
  write("tree/Kconfig", "");
  write("tree/arch/x86/Makefile", "");
  write("tree/mm/memory.c", "int taken;\n\nint memory(int wanted)\n{\n\treturn wanted;\n}\n");
  write("tree/mm/slub.c", "int slub(int order)\n{\n\treturn order;\n}\n");
  write("images/kernels/base.config", "CONFIG_SMP=y\n");
  write("images/kernels/base.toml",
        "arch = \"x86_64\"\nfragments = [\"base.config\"]\nsource = { directory = \"" +
            (root() / "tree").string() + "\" }\n");
  write("images/kernels/change.patch", patch);
  write("images/kernels/changed.toml", "extends = \"base\"\nseries = \"change.patch\"\n");
  write("experiments/two/experiment.toml", experiment);
  cast_ = [this](const machine::BootSpec& boot, unsigned) -> Script {
    Script script = is_well;
    std::size_t said = 0;
    for (const auto& [name, odd] : odd_) {
      if (boot.guest.find(name) != std::string::npos && name.size() > said) {
        script = odd;
        said = name.size();
      }
    }
    return script;
  };
}

Ended Mutate::mutate(Words more) {
  Words words{"mutate", "two", "--accel", "kvm", "--trials", "2", "--jobs", "1"};
  words.insert(words.end(), more.begin(), more.end());
  return assay(words);
}

json Mutate::parsed(const Ended& ended) {
  EXPECT_TRUE(json::accept(ended.out)) << ended.out << ended.err;
  return json::accept(ended.out) ? json::parse(ended.out) : json();
}

json Mutate::mutant(const json& score, unsigned line, std::string_view op) {
  for (const auto& one : score["mutants"]) {
    if (one["line"] == line && one["operator"] == op) {
      return one;
    }
  }
  ADD_FAILURE() << "no " << op << " in line " << line;
  return {};
}

json Mutate::with_a_number() {
  write("experiments/two/experiment.toml", std::string(experiment).append(claim_on_touches));
  return parsed(mutate({"--list", "--json", "--most", "1"}))["mutants"][0];
}

void Mutate::play_in(const json& mutant, unsigned repeat, Script script) {
  play_on(fmt::format("{}-default-{:03}", mutant["id"].get<std::string>(), repeat), std::move(script));
}

void expect_killed(const json& mutant, std::string_view killer, std::string_view claim) {
  EXPECT_EQ(mutant["fate"], "killed") << mutant;
  EXPECT_EQ(mutant["killer"], killer) << mutant;
  EXPECT_EQ(mutant["claim"], claim) << mutant;
}

}  // namespace assay::cli
