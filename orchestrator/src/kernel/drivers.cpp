// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/drivers.hpp"

#include "base/text.hpp"
#include "kernel/series.hpp"

#include <algorithm>
#include <map>

namespace assay::kernel {
namespace {

namespace fs = std::filesystem;

/// Files and dependency lists write "-" where the module's name has "_".
std::string module_name(std::string_view text) {
  std::string name(text.substr(0, text.find('.')));
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

std::map<std::string, fs::path> module_files(const fs::path& modules) {
  std::map<std::string, fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(modules, error)) {
    const auto file = entry.path().filename().string();
    if (file.find(".ko") != std::string::npos && entry.is_regular_file(error)) {
      files.emplace(module_name(file), entry.path());
    }
  }
  return files;
}

class DriverList {
 public:
  explicit DriverList(const fs::path& modules) : files_(module_files(modules)) {}

  /// What it depends on first.
  Status add(const std::string& name) {
    const auto file = files_.find(name);
    const auto same = [&](const Driver& driver) { return driver.name == name; };
    if (file == files_.end() || std::any_of(drivers.begin(), drivers.end(), same)) {
      return {};
    }
    const auto path = file->second;
    files_.erase(file);  // modules do not depend on each other in a circle; a folder that was made up might
    auto content = read_packed(path);
    if (!content) {
      return Error(Failure::infrastructure, content.error().text());
    }
    for (const auto& other : dependencies_in(*content)) {
      if (auto added = add(other); !added) {
        return added;
      }
    }
    drivers.push_back({name, std::move(*content)});
    return {};
  }

  std::vector<Driver> drivers;

 private:
  std::map<std::string, fs::path> files_;
};

}  // namespace

std::vector<std::string> dependencies_in(std::string_view module) {
  constexpr std::string_view key("\0depends=", 9);
  std::vector<std::string> names;
  const auto at = module.find(key);
  if (at == std::string_view::npos) {
    return names;
  }
  auto list = module.substr(at + key.size());
  list = list.substr(0, list.find('\0'));
  for (const auto name : split(list, ',')) {
    if (!name.empty()) {
      names.push_back(module_name(name));
    }
  }
  return names;
}

Result<std::vector<Driver>> guest_drivers(const fs::path& modules) {
  DriverList list(modules);
  for (const char* name : {"virtio_pci", "virtio_console"}) {
    if (auto added = list.add(name); !added) {
      return added.error();
    }
  }
  return std::move(list.drivers);
}

}  // namespace assay::kernel
