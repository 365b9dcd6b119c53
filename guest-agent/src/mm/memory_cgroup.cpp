// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/memory_cgroup.hpp"

#include "contract/context.hpp"
#include "mm/kernel_files.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

namespace assay::agent {
namespace {

constexpr const char* cgroup_root = "/sys/fs/cgroup";

}  // namespace

MemoryCgroup::MemoryCgroup(std::string_view name, std::int64_t limit)
    : folder_(std::string(cgroup_root) + "/" + std::string(name)) {
  require_guest("makes a cgroup");
  const std::string controllers = std::string(cgroup_root) + "/cgroup.subtree_control";
  if (::access(controllers.c_str(), W_OK) != 0) {
    throw WorkloadSkip("this kernel has no cgroups of version 2 (CONFIG_CGROUPS, CONFIG_MEMCG)");
  }
  write_kernel_file(controllers.c_str(), "+memory");
  if (::mkdir(folder_.c_str(), 0755) != 0 && errno != EEXIST) {
    throw_errno("make a cgroup");
  }
  if (limit != 0) {
    write_kernel_file(path("memory.max").c_str(), std::to_string(limit));
  }
}

MemoryCgroup::~MemoryCgroup() { ::rmdir(folder_.c_str()); }

void MemoryCgroup::enter() const { write_kernel_file(path("cgroup.procs").c_str(), "0"); }

void MemoryCgroup::leave() { write_kernel_file((std::string(cgroup_root) + "/cgroup.procs").c_str(), "0"); }

std::uint64_t MemoryCgroup::inode() const {
  struct stat info{};
  if (::stat(folder_.c_str(), &info) != 0) {
    throw_errno("look at a cgroup");
  }
  return info.st_ino;
}

std::int64_t MemoryCgroup::current() const {
  std::ifstream file(path("memory.current"));
  std::int64_t bytes = 0;
  if (!(file >> bytes)) {
    throw std::runtime_error("cannot read " + path("memory.current"));
  }
  return bytes;
}

std::int64_t MemoryCgroup::peak() const {
  std::ifstream file(path("memory.peak"));
  std::int64_t bytes = 0;
  file >> bytes;
  return bytes;
}

std::int64_t MemoryCgroup::stat(std::string_view name) const { return value_in("memory.stat", name); }

std::int64_t MemoryCgroup::oom_kills() const { return value_in("memory.events", "oom_kill"); }

std::int64_t MemoryCgroup::value_in(std::string_view file, std::string_view wanted) const {
  std::ifstream lines(path(file));
  std::string name;
  std::int64_t value = 0;
  while (lines >> name >> value) {
    if (name == wanted) {
      return value;
    }
  }
  throw std::runtime_error("cannot read " + std::string(wanted) + " from " + path(file));
}

std::string MemoryCgroup::path(std::string_view file) const { return folder_ + "/" + std::string(file); }

}  // namespace assay::agent
