// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/modules.hpp"

#include "base/files.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace assay::kernel {
namespace {

bool is_module(const fs::path& file) { return file.filename().string().find(".ko") != std::string::npos; }

/// "kernel/mm/zsmalloc.ko" for "zsmalloc.ko.xz" there: the guest gets it unpacked.
std::string place_of(const fs::path& relative) {
  const auto text = relative.generic_string();
  return text.substr(0, text.find(".ko") + 3);
}

/// In the folder of a build, modules.order names the modules: as objects since 6.3, with "kernel/" in front
/// before 5.3.
std::vector<ModuleFile> modules_of_build(const fs::path& folder, std::string_view order) {
  std::vector<ModuleFile> modules;
  for (const auto line : split(order, '\n')) {
    if (trimmed(line).empty()) {
      continue;
    }
    fs::path relative(trimmed(line));
    relative.replace_extension(".ko");
    std::error_code error;
    if (*relative.begin() == "kernel" && !fs::exists(folder / relative, error)) {
      relative = relative.lexically_relative("kernel");
    }
    modules.push_back({module_name(relative.filename().string()), folder / relative, "kernel" / relative});
  }
  return modules;
}

}  // namespace

std::string module_name(std::string_view file) {
  std::string name(file.substr(0, file.find('.')));
  std::ranges::replace(name, '-', '_');
  return name;
}

std::vector<std::string_view> values_in(std::string_view module, std::string_view key) {
  const auto mark = fmt::format("{}{}=", '\0', key);
  std::vector<std::string_view> values;
  for (auto at = module.find(mark); at != std::string_view::npos; at = module.find(mark, at)) {
    const auto rest = module.substr(at + mark.size());
    values.push_back(rest.substr(0, rest.find('\0')));
    at += mark.size();
  }
  return values;
}

std::vector<ModuleFile> modules_in(const fs::path& folder) {
  std::error_code error;
  if (const auto order = read_file(folder / "modules.order");
      order && fs::exists(folder / ".config", error)) {
    return modules_of_build(folder, *order);
  }
  std::vector<ModuleFile> modules;
  for (auto entry = fs::recursive_directory_iterator(folder, error);
       !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (is_module(entry->path()) && entry->is_regular_file(error)) {
      modules.push_back({module_name(entry->path().filename().string()), entry->path(),
                         place_of(entry->path().lexically_relative(folder))});
    }
  }
  std::ranges::sort(modules, {}, &ModuleFile::place);
  return modules;
}

}  // namespace assay::kernel
