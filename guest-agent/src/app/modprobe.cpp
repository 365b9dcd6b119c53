// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/modprobe.hpp"

#include "base/unique_fd.hpp"

#include <fcntl.h>
#include <fnmatch.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

namespace assay::agent {
namespace {

namespace fs = std::filesystem;

/// "kernel/drivers/block/virtio-blk.ko" -> "virtio_blk"
std::string name_of(std::string_view path) {
  std::string name(path.substr(path.rfind('/') + 1));
  name.resize(std::min(name.size(), name.find(".ko")));
  std::ranges::replace(name, '-', '_');
  return name;
}

/// The names of all modules that say that they serve `alias`.
std::vector<std::string> named_by(const fs::path& folder, const std::string& alias) {
  std::vector<std::string> names;
  std::ifstream lines(folder / "modules.alias");
  for (std::string word, pattern, name; lines >> word >> pattern >> name;) {
    if (::fnmatch(pattern.c_str(), alias.c_str(), 0) == 0) {
      names.push_back(name);
    }
  }
  return names;
}

/// Adds the module of this name; in modules.dep what it depends on stands behind it, the first to load last.
void add(const fs::path& folder, const std::string& name, std::vector<std::string>& modules) {
  std::ifstream lines(folder / "modules.dep");
  for (std::string line; std::getline(lines, line);) {
    const auto colon = line.find(':');
    if (colon == std::string::npos || name_of(line.substr(0, colon)) != name) {
      continue;
    }
    std::vector<std::string> all = {line.substr(0, colon)};
    std::istringstream words(line.substr(colon + 1));
    for (std::string word; words >> word;) {
      all.push_back(word);
    }
    std::copy_if(all.rbegin(), all.rend(), std::back_inserter(modules), [&](const std::string& module) {
      return std::ranges::find(modules, module) == modules.end();
    });
  }
}

bool load(const fs::path& file, const std::string& parameters) {
  const UniqueFd module(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (module && (::syscall(SYS_finit_module, module.get(), parameters.c_str(), 0) == 0 || errno == EEXIST)) {
    return true;
  }
  std::fprintf(stderr, "modprobe: cannot load %s: %s\n", file.c_str(), std::strerror(errno));
  return false;
}

}  // namespace

std::vector<std::string> modules_to_load(const fs::path& folder, std::string_view name) {
  std::vector<std::string> modules;
  add(folder, name_of(name), modules);
  if (modules.empty()) {
    for (const auto& other : named_by(folder, std::string(name))) {
      add(folder, other, modules);
    }
  }
  return modules;
}

bool is_built_in(const fs::path& folder, std::string_view name) {
  std::ifstream lines(folder / "modules.builtin");
  for (std::string line; std::getline(lines, line);) {
    if (name_of(line) == name_of(name)) {
      return true;
    }
  }
  return false;
}

int run_modprobe(std::span<char* const> arguments) {
  std::string name;
  std::string parameters;
  for (const std::string_view word : arguments) {
    if (name.empty() && !word.starts_with('-')) {
      name = word;
    } else if (!name.empty()) {
      parameters += (parameters.empty() ? "" : " ") + std::string(word);
    }
  }
  utsname system{};
  ::uname(&system);
  const auto folder = fs::path("/lib/modules") / &system.release[0];
  const auto modules = modules_to_load(folder, name);
  if (modules.empty()) {
    if (is_built_in(folder, name)) {
      return 0;
    }
    std::fprintf(stderr, "modprobe: there is no module %s in %s\n", name.c_str(), folder.c_str());
    return 1;
  }
  for (const auto& module : modules) {
    if (!load(folder / module, module == modules.back() ? parameters : "")) {
      return 1;
    }
  }
  return 0;
}

}  // namespace assay::agent
