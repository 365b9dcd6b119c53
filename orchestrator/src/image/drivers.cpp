// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/drivers.hpp"

#include "base/packed.hpp"
#include "base/text.hpp"
#include "kernel/modules.hpp"

#include <map>
#include <string>

namespace assay::image {
namespace {

namespace fs = std::filesystem;

class DriverList {
 public:
  explicit DriverList(const fs::path& modules) {
    for (const auto& module : kernel::modules_in(modules)) {
      files_.emplace(module.name, module.path);
    }
  }

  /// What it depends on first.
  Status add(const std::string& name) {
    const auto file = files_.find(name);
    if (file == files_.end()) {
      return {};
    }
    const auto path = file->second;
    files_.erase(
        file);  // once; modules do not depend on each other in a circle; a folder that was made up might
    auto content = read_packed(path);
    if (!content) {
      return Error(Failure::infrastructure, content.error().text());
    }
    for (const auto list : kernel::values_in(*content, "depends")) {
      for (const auto other : split(list, ',')) {
        if (auto added = add(kernel::module_name(other)); !added) {
          return added;
        }
      }
    }
    drivers.push_back({fmt::format("modules/{:02}-{}.ko", drivers.size(), name), std::move(*content)});
    return {};
  }

  std::vector<GuestFile> drivers;

 private:
  std::map<std::string, fs::path> files_;
};

}  // namespace

Result<std::vector<GuestFile>> guest_drivers(const fs::path& modules) {
  DriverList list(modules);
  for (const char* name : {"virtio_pci", "virtio_console"}) {
    if (auto added = list.add(name); !added) {
      return added.error();
    }
  }
  return std::move(list.drivers);
}

}  // namespace assay::image
