// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/kernel_files.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "kernel/config.hpp"
#include "kernel/modules.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace assay::kernel {
namespace {

constexpr std::string_view image_name = "vmlinuz-";

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

bool is_folder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

fs::path if_file(fs::path path) { return is_file(path) ? std::move(path) : fs::path(); }

SourceSpec spec_of(const fs::path& image) {
  SourceSpec spec;
  spec.kind = SourceKind::prebuilt;
  spec.where = image.string();
  return spec;
}

bool is_for_sparc(const fs::path& config) {
  const auto text = read_file(config);
  return text && text->find("\nCONFIG_SPARC64=y") != std::string::npos;
}

SourceSpec build_spec(const fs::path& folder, const fs::path& image) {
  auto spec = spec_of(image);
  spec.vmlinux = if_file(folder / "vmlinux");
  spec.system_map = if_file(folder / "System.map");
  spec.config = if_file(folder / ".config");
  if (is_file(folder / "modules.order") && !modules_in(folder).empty()) {
    spec.modules = folder;
  }
  return spec;
}

/// Where make leaves what can be booted: of sparc64, nothing that is compressed (see toolchain.cpp).
Result<SourceSpec> kernel_of_build(const fs::path& folder) {
  const bool sparc = is_for_sparc(folder / ".config");
  const auto images =
      sparc ? std::array{"arch/sparc/boot/image", "vmlinux"} : std::array{"arch/x86/boot/bzImage", "bzImage"};
  for (const auto* image : images) {
    if (is_file(folder / image)) {
      return build_spec(folder, folder / image);
    }
  }
  return fail(Failure::usage, "{} is the folder of a build, and {} is not there: make {} builds it",
              folder.string(), images.front(), sparc ? "image" : "bzImage");
}

/// `root` is what holds boot/ and lib/.
SourceSpec installed_spec(const fs::path& root, const fs::path& boot, const std::string& release) {
  auto spec = spec_of(boot / (std::string(image_name) + release));
  spec.system_map = if_file(boot / ("System.map-" + release));
  spec.config = if_file(boot / ("config-" + release));
  for (const char* lib : {"lib/modules", "usr/lib/modules"}) {
    if (spec.modules.empty() && is_folder(root / lib / release)) {
      spec.modules = root / lib / release;
    }
  }
  return spec;
}

std::vector<std::string> releases_in(const fs::path& boot) {
  std::vector<std::string> releases;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(boot, error)) {
    const auto name = entry.path().filename().string();
    if (name.starts_with(image_name) && is_file(entry.path())) {
      releases.push_back(name.substr(image_name.size()));
    }
  }
  std::ranges::sort(releases);
  return releases;
}

/// Nothing when there is no vmlinuz-RELEASE in `boot`.
std::optional<Result<SourceSpec>> kernel_in_boot(const fs::path& root, const fs::path& boot) {
  const auto releases = releases_in(boot);
  if (releases.empty()) {
    return std::nullopt;
  }
  if (releases.size() > 1) {
    return fail(Failure::usage, "{} has {} kernels ({}): name one, as in {}/{}{}", boot.string(),
                releases.size(), listed(releases), boot.string(), image_name, releases.back());
  }
  return installed_spec(root, boot, releases.front());
}

/// lib/modules/RELEASE, whose image is in it or in boot/ of the same system.
Result<SourceSpec> kernel_of_modules(const fs::path& folder) {
  const auto release = folder.filename().string();
  if (const auto image = folder / "vmlinuz"; is_file(image)) {
    auto spec = spec_of(image);
    spec.modules = folder;
    spec.config = if_file(folder / "config");
    spec.system_map = if_file(folder / "System.map");
    return spec;
  }
  auto root = folder.parent_path().parent_path().parent_path();
  if (root.filename() == "usr") {
    root = root.parent_path();
  }
  auto spec = installed_spec(root, root / "boot", release);
  spec.modules = folder;
  if (is_file(spec.where)) {
    return spec;
  }
  return fail(Failure::usage, "{} holds the modules of {}, and its kernel is neither {}/vmlinuz nor {}",
              folder.string(), release, folder.string(), spec.where);
}

/// Without a "/" at its end or links on the way.
fs::path plain(const fs::path& path) {
  std::error_code error;
  auto real = fs::canonical(path, error);
  return error ? path : real;
}

}  // namespace

Result<SourceSpec> kernel_in_folder(const fs::path& given) {
  const auto folder = plain(given);
  if (is_file(folder / ".config")) {
    return kernel_of_build(folder);
  }
  for (const auto& [root, boot] :
       {std::pair(folder, folder / "boot"), std::pair(folder.parent_path(), folder)}) {
    if (auto found = kernel_in_boot(root, boot)) {
      return std::move(*found);
    }
  }
  if (is_folder(folder / "kernel") || is_file(folder / "modules.dep")) {
    return kernel_of_modules(folder);
  }
  for (const char* image : {"bzImage", "vmlinuz", "image"}) {
    if (is_file(folder / image)) {
      return build_spec(folder, folder / image);
    }
  }
  return fail(
      Failure::usage,
      "cannot use {} as a kernel: there is no .config as in the folder of a build, no vmlinuz-RELEASE as in "
      "/boot, no boot/ with one as in an unpacked package, and no kernel/ as in lib/modules/RELEASE",
      given.string());
}

SourceSpec kernel_of_image(const fs::path& given) {
  const auto image = plain(given);
  const auto folder = image.parent_path();
  const auto name = image.filename().string();
  if (folder.filename() == "boot" && (name == "bzImage" || name == "image")) {
    const auto build = folder.parent_path().parent_path().parent_path();
    return is_file(build / ".config") ? build_spec(build, given) : spec_of(given);
  }
  if (name.starts_with(image_name)) {
    auto spec = installed_spec(folder.parent_path(), folder, name.substr(image_name.size()));
    spec.where = given.string();
    return spec;
  }
  return name == "vmlinuz" && is_folder(folder / "kernel") ? kernel_of_modules(folder).value()
                                                           : spec_of(given);
}

Status can_be_guest(const SourceSpec& spec) {
  struct Need {
    const char* option;
    const char* module;  ///< what it may be instead, or nullptr
    const char* why;
  };
  static constexpr std::array needs = {
      Need{"CONFIG_BLK_DEV_INITRD", nullptr, "it boots from an initramfs"},
      Need{"CONFIG_VIRTIO_PCI", "virtio_pci", "its channel is a virtio device"},
      Need{"CONFIG_VIRTIO_CONSOLE", "virtio_console", "its channel is a port of it"}};
  const auto text = spec.config.empty() ? Result<std::string>(std::string()) : read_file(spec.config);
  const auto options = text ? parse_config(spec.config.string(), *text) : Result<Options>(text.error());
  if (!options || options->empty()) {
    return options ? Status() : Status(options.error());
  }
  for (const auto& need : needs) {
    const auto found = options->find(need.option);
    const auto value = found == options->end() ? "n" : found->second;
    if (value == "n") {
      return fail(Failure::usage, "{} cannot be a guest's kernel: {} is off in {}, and {}", spec.where,
                  need.option, spec.config.string(), need.why);
    }
    const auto modules = value == "m" && need.module != nullptr && !spec.modules.empty()
                             ? modules_in(spec.modules)
                             : std::vector<ModuleFile>();
    if (value == "m" && std::ranges::find(modules, need.module, &ModuleFile::name) == modules.end()) {
      return fail(Failure::usage,
                  "{} cannot be a guest's kernel: {}=m in {}, and {} is not among its modules{}", spec.where,
                  need.option, spec.config.string(), need.module,
                  spec.modules.empty() ? ", of which none are here: make modules builds them"
                                       : " in " + spec.modules.string());
    }
  }
  return {};
}

}  // namespace assay::kernel
