// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/modules.hpp"

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/packed.hpp"
#include "base/text.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <set>

namespace assay::kernel {
namespace {

/// What xz makes of modules, about.
constexpr std::uint64_t packed_to_plain = 4;

/// Names what needs no module; comes along as it is.
constexpr const char* builtin_list = "modules.builtin";

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

std::uint64_t plain_size(const ModuleFile& module) {
  std::error_code error;
  const auto size = fs::file_size(module.path, error);
  return error ? 0 : size * (module.path.extension() == ".ko" ? 1 : packed_to_plain);
}

std::uint64_t plain_size(const std::vector<ModuleFile>& modules) {
  std::uint64_t bytes = 0;
  for (const auto& module : modules) {
    bytes += plain_size(module);
  }
  return bytes;
}

/// Reads modules with what they depend on, and writes the lists over them.
class Closure {
 public:
  Closure(const ModuleWish& wish, const std::vector<ModuleFile>& all) : wish_(wish) {
    for (const auto& module : all) {
      known_.emplace(module.name, module);
    }
  }

  [[nodiscard]] Status add(const std::string& name) {
    const auto found = known_.find(name);
    if (found == known_.end() || read_.contains(name)) {
      return {};  // what another module depends on and is not here is built in
    }
    auto content = read_packed(found->second.path);
    if (!content) {
      return Error(Failure::infrastructure, content.error().text());
    }
    if (auto fits = check(found->second, *content); !fits) {
      return fits;
    }
    auto& module = read_[name];
    module.content = std::move(*content);
    for (const auto list : values_in(module.content, "depends")) {
      for (const auto other : split(list, ',')) {
        if (!other.empty()) {
          module.needs.push_back(module_name(other));
        }
      }
    }
    for (const auto& other : std::vector(module.needs)) {
      if (auto added = add(other); !added) {
        return added;
      }
    }
    return {};
  }

  [[nodiscard]] std::vector<GuestFile> files() {
    const auto folder = "lib/modules/" + wish_.release + "/";
    std::string dependencies;
    std::string aliases;
    for (const auto& [name, module] : read_) {
      dependencies += known_.at(name).place + ":";
      std::vector<std::string> order;
      std::set<std::string> seen{name};
      in_order(name, seen, order);
      // modprobe loads from the end.
      for (auto other = order.rbegin(); other != order.rend(); ++other) {
        dependencies += " " + known_.at(*other).place;
      }
      dependencies += "\n";
      for (const auto alias : values_in(module.content, "alias")) {
        aliases += fmt::format("alias {} {}\n", alias, name);
      }
    }
    std::vector<GuestFile> files = {{folder + "modules.dep", std::move(dependencies)},
                                    {folder + "modules.alias", std::move(aliases)}};
    if (auto builtin = read_file(wish_.folder / builtin_list)) {
      files.push_back({folder + builtin_list, std::move(*builtin)});
    }
    for (auto& [name, module] : read_) {
      files.push_back({folder + known_.at(name).place, std::move(module.content)});
    }
    return files;
  }

 private:
  struct Module {
    std::string content;
    std::vector<std::string> needs;
  };

  /// A kernel refuses modules of another.
  [[nodiscard]] Status check(const ModuleFile& module, std::string_view content) const {
    const auto magic = values_in(content, "vermagic");
    if (magic.empty()) {
      return {};
    }
    const auto release = magic.front().substr(0, magic.front().find(' '));
    return release == wish_.release
               ? Status()
               : fail(Failure::usage, "{} was built for {}, and the kernel is {}: build its modules again",
                      module.path.string(), printable(release), wish_.release);
  }

  /// All that `name` depends on, each after what it depends on itself.
  void in_order(const std::string& name, std::set<std::string>& seen, std::vector<std::string>& order) const {
    for (const auto& other : read_.at(name).needs) {
      if (read_.contains(other) && seen.insert(other).second) {
        in_order(other, seen, order);
        order.push_back(other);
      }
    }
  }

  const ModuleWish& wish_;
  std::map<std::string, ModuleFile> known_;
  std::map<std::string, Module> read_;
};

std::vector<std::string> names_of(const std::vector<ModuleFile>& modules) {
  std::vector<std::string> names;
  for (const auto& module : modules) {
    names.push_back(module.name);
  }
  return names;
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

Result<GuestModules> guest_modules(const ModuleWish& wish) {
  const auto all = wish.folder.empty() ? std::vector<ModuleFile>() : modules_in(wish.folder);
  auto names = names_of(all);
  for (const auto& name : wish.names) {
    if (std::ranges::find(names, module_name(name)) == names.end()) {
      return fail(Failure::usage, "there is no module {} among the {} of this kernel{}", name, all.size(),
                  did_you_mean(module_name(name), names));
    }
  }
  GuestModules modules;
  if (all.empty()) {
    return modules;
  }
  if (const auto size = plain_size(all); size > most_modules.value()) {
    names.clear();
    for (const auto& name : wish.names) {
      names.push_back(module_name(name));
    }
    modules.note =
        fmt::format("of {} modules with {} {}; --module NAME brings one with all that it needs", all.size(),
                    human(Bytes(size)), names.empty() ? "none come into the guest" : "only those named come");
  }
  Closure closure(wish, all);
  for (const auto& name : names) {
    if (auto added = closure.add(name); !added) {
      return added.error();
    }
  }
  modules.files = closure.files();
  return modules;
}

std::string stamp_of(const ModuleWish& wish) {
  if (wish.folder.empty()) {
    return {};
  }
  Hasher hasher;
  hasher.add("release", wish.release);
  for (const auto& name : wish.names) {
    hasher.add("wished", name);
  }
  auto files = modules_in(wish.folder);
  files.push_back({"", wish.folder / builtin_list, builtin_list});
  for (const auto& file : files) {
    struct stat status{};
    (void)::stat(file.path.c_str(), &status);
    hasher.add(file.place, fmt::format("{} {} {}.{:09}", status.st_ino, status.st_size, status.st_mtim.tv_sec,
                                       status.st_mtim.tv_nsec));
  }
  return hasher.finish();
}

}  // namespace assay::kernel
