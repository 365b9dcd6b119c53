// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/guest_modules.hpp"

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/packed.hpp"
#include "base/text.hpp"
#include "kernel/modules.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <set>

namespace assay::image {
namespace {

/// What xz makes of modules, about.
constexpr std::uint64_t packed_to_plain = 4;

/// Names what needs no module; comes along as it is.
constexpr const char* builtin_list = "modules.builtin";

std::uint64_t plain_size(const kernel::ModuleFile& module) {
  std::error_code error;
  const auto size = fs::file_size(module.path, error);
  return error ? 0 : size * (module.path.extension() == ".ko" ? 1 : packed_to_plain);
}

std::uint64_t plain_size(const std::vector<kernel::ModuleFile>& modules) {
  std::uint64_t bytes = 0;
  for (const auto& module : modules) {
    bytes += plain_size(module);
  }
  return bytes;
}

/// Reads modules with what they depend on, and writes the lists over them.
class Closure {
 public:
  Closure(const ModuleWish& wish, const std::vector<kernel::ModuleFile>& all) : wish_(wish) {
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
    for (const auto list : kernel::values_in(module.content, "depends")) {
      for (const auto other : split(list, ',')) {
        if (!other.empty()) {
          module.needs.push_back(kernel::module_name(other));
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
      for (const auto alias : kernel::values_in(module.content, "alias")) {
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
  [[nodiscard]] Status check(const kernel::ModuleFile& module, std::string_view content) const {
    const auto magic = kernel::values_in(content, "vermagic");
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
  std::map<std::string, kernel::ModuleFile> known_;
  std::map<std::string, Module> read_;
};

std::vector<std::string> names_of(const std::vector<kernel::ModuleFile>& modules) {
  std::vector<std::string> names;
  for (const auto& module : modules) {
    names.push_back(module.name);
  }
  return names;
}

}  // namespace

Result<GuestModules> guest_modules(const ModuleWish& wish) {
  const auto all = wish.folder.empty() ? std::vector<kernel::ModuleFile>() : kernel::modules_in(wish.folder);
  auto names = names_of(all);
  for (const auto& name : wish.names) {
    if (std::ranges::find(names, kernel::module_name(name)) == names.end()) {
      return fail(Failure::usage, "there is no module {} among the {} of this kernel{}", name, all.size(),
                  did_you_mean(kernel::module_name(name), names));
    }
  }
  GuestModules modules;
  if (all.empty()) {
    return modules;
  }
  if (const auto size = plain_size(all); size > most_modules.value()) {
    names.clear();
    for (const auto& name : wish.names) {
      names.push_back(kernel::module_name(name));
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

std::string stamp_of_file(const fs::path& file) {
  struct stat status{};
  (void)::stat(file.c_str(), &status);
  return fmt::format("{} {:o} {} {}.{:09}", status.st_ino, status.st_mode, status.st_size,
                     status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
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
  auto files = kernel::modules_in(wish.folder);
  files.push_back({"", wish.folder / builtin_list, builtin_list});
  for (const auto& file : files) {
    hasher.add(file.place, stamp_of_file(file.path));
  }
  return hasher.finish();
}

}  // namespace assay::image
