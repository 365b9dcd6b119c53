// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/kernel_files.hpp"

#include "base/unique_fd.hpp"
#include "contract/context.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <fstream>

namespace assay::agent {

void write_kernel_file(const char* path, std::string_view text) {
  const UniqueFd fd(::open(path, O_WRONLY | O_CLOEXEC));
  if (!fd || ::write(fd.get(), text.data(), text.size()) < 0) {
    throw_errno(std::string("write ") + path);
  }
}

std::string read_kernel_file(const char* path) {
  std::array<char, 4096> text{};
  const UniqueFd fd(::open(path, O_RDONLY | O_CLOEXEC));
  const ssize_t count = fd ? ::read(fd.get(), text.data(), text.size()) : -1;
  if (count < 0) {
    throw_errno(std::string("read ") + path);
  }
  const std::string_view all(text.data(), static_cast<std::size_t>(count));
  return std::string(all.substr(0, all.find('\n')));
}

KernelSetting::KernelSetting(const char* path, std::string_view value)
    : path_(path), before_(read_kernel_file(path)) {
  write_kernel_file(path, value);
}

KernelSetting::~KernelSetting() {
  try {
    write_kernel_file(path_, before_);
  } catch (const std::exception&) {
    // The guest ends with the trial, or the next workload sets what it needs.
    return;
  }
}

std::int64_t read_kernel_number(const std::string& path) {
  std::ifstream file(path);
  std::int64_t number = 0;
  if (!(file >> number)) {
    throw std::runtime_error("cannot read a number from " + path);
  }
  return number;
}

std::int64_t vmstat_number(std::string_view name) {
  std::ifstream file("/proc/vmstat");
  std::string each;
  for (std::int64_t value = 0; file >> each >> value;) {
    if (each == name) {
      return value;
    }
  }
  throw std::runtime_error("/proc/vmstat has no " + std::string(name));
}

void require_guest(std::string_view what) {
  std::array<char, 64> first{};
  std::array<char, 64> self{};
  const ssize_t first_size = ::readlink("/proc/1/exe", first.data(), first.size());
  const ssize_t self_size = ::readlink("/proc/self/exe", self.data(), self.size());
  const bool is_agent =
      first_size == 5 && self_size == 5 && first == self && std::string_view(self.data(), 5) == "/init";
  if (::geteuid() != 0 || ::getppid() != 1 || !is_agent) {
    throw WorkloadSkip("only in a guest: it " + std::string(what) +
                       ", and the PID 1 of this machine is not the agent");
  }
}

}  // namespace assay::agent
