// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/capabilities.hpp"

#include "base/unique_fd.hpp"

#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace assay::agent {
namespace {

/// "" when it is there, otherwise why not.
using Probe = std::string (*)();

std::string why(bool works) {
  if (works) {
    return {};
  }
  const char* text = strerrordesc_np(errno);
  return text != nullptr ? text : "unknown error";
}

std::string has_file(const char* path) {
  return ::access(path, F_OK) == 0 ? std::string() : std::string(path) + " does not exist";
}

UniqueFd system_fd(long result) { return UniqueFd(static_cast<int>(result)); }

std::string probe_userfaultfd() { return why(bool(system_fd(::syscall(SYS_userfaultfd, O_CLOEXEC)))); }

std::string probe_uffd_wp() {
  const UniqueFd fd = system_fd(::syscall(SYS_userfaultfd, O_CLOEXEC));
  uffdio_api api{};
  api.api = UFFD_API;
  if (!fd || ::ioctl(fd.get(), UFFDIO_API, &api) != 0) {
    return why(false);
  }
  const bool has = (api.features & UFFD_FEATURE_PAGEFAULT_FLAG_WP) != 0;
  return has ? "" : "userfaultfd has no write protection here";
}

std::string probe_io_uring() {
  io_uring_params params{};
  return why(bool(system_fd(::syscall(SYS_io_uring_setup, 1, &params))));
}

std::string probe_memfd() { return why(bool(UniqueFd(::memfd_create("probe", MFD_CLOEXEC)))); }

std::string probe_perf() {
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.size = sizeof attributes;
  attributes.config = PERF_COUNT_SW_DUMMY;
  attributes.disabled = 1;
  attributes.exclude_kernel = 1;
  // An event of a CPU first: the first one of a task makes the kernel wait for an RCU grace period.
  if (system_fd(::syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC))) {
    return {};
  }
  return why(bool(system_fd(::syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC))));
}

std::string probe_kvm() { return why(bool(UniqueFd(::open("/dev/kvm", O_RDWR | O_CLOEXEC)))); }

std::string probe_vma_lock_stats() {
  std::array<char, 16384> text{};
  const UniqueFd fd(::open("/proc/vmstat", O_RDONLY | O_CLOEXEC));
  std::size_t length = 0;
  ssize_t count = 0;
  while (length < text.size() && (count = ::read(fd.get(), text.data() + length, text.size() - length)) > 0) {
    length += static_cast<std::size_t>(count);
  }
  const bool has = std::string_view(text.data(), length).find("\nvma_lock_retry ") != std::string_view::npos;
  return has ? "" : "/proc/vmstat has no vma_lock_retry: the kernel lacks CONFIG_PER_VMA_LOCK_STATS";
}

std::string probe_pageout() {
  const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* page = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) {
    return why(false);
  }
  const std::string reason = why(::madvise(page, size, MADV_PAGEOUT) == 0);
  ::munmap(page, size);
  return reason;
}

std::string probe_thp_on() {
  std::array<char, 128> text{};
  const UniqueFd fd(::open("/sys/kernel/mm/transparent_hugepage/enabled", O_RDONLY | O_CLOEXEC));
  const ssize_t length = ::read(fd.get(), text.data(), text.size());
  if (length < 0) {
    return why(false);
  }
  const std::string_view modes(text.data(), static_cast<std::size_t>(length));
  return modes.find("[never]") == std::string_view::npos ? "" : "the kernel began with them off";
}

struct Named {
  const char* name;
  Probe probe;
};

constexpr std::array probes{
    Named{"userfaultfd", probe_userfaultfd},
    Named{"userfaultfd-wp", probe_uffd_wp},
    Named{"io_uring", probe_io_uring},
    Named{"memfd", probe_memfd},
    Named{"perf_event", probe_perf},
    Named{"kvm", probe_kvm},
    Named{"vma_lock_stats", probe_vma_lock_stats},
    Named{"pageout", probe_pageout},
    Named{"swap", [] { return has_file("/proc/swaps"); }},
    Named{"thp", [] { return has_file("/sys/kernel/mm/transparent_hugepage/enabled"); }},
    Named{"thp-on", probe_thp_on},
    Named{"ksm", [] { return has_file("/sys/kernel/mm/ksm/run"); }},
    Named{"cgroup2", [] { return has_file("/sys/fs/cgroup/cgroup.controllers"); }},
    Named{"psi", [] { return has_file("/proc/pressure/memory"); }},
    Named{"hugetlb", [] { return has_file("/sys/kernel/mm/hugepages"); }},
    Named{"compaction", [] { return has_file("/proc/sys/vm/compact_memory"); }},
    Named{"debugfs", [] { return has_file("/sys/kernel/debug/fault_around_bytes"); }},
    Named{"kpageflags", [] { return has_file("/proc/kpageflags"); }},
    Named{"gup_test", [] { return has_file("/sys/kernel/debug/gup_test"); }},
    Named{"zram", [] { return has_file("/dev/zram0"); }},
};

}  // namespace

MachineFacts probe_machine() {
  MachineFacts facts;
  utsname name{};
  if (::uname(&name) == 0) {
    facts.kernel_release = &name.release[0];
    facts.kernel_version = &name.version[0];
    facts.arch = &name.machine[0];
  }
  struct sysinfo info{};
  if (::sysinfo(&info) == 0) {
    facts.memory = static_cast<std::uint64_t>(info.totalram) * info.mem_unit;
  }
  facts.page_size = static_cast<std::uint32_t>(::sysconf(_SC_PAGESIZE));
  facts.cpus = static_cast<std::uint32_t>(::sysconf(_SC_NPROCESSORS_ONLN));
  for (const auto& [what, probe] : probes) {
    std::string reason = probe();
    const bool available = reason.empty();
    facts.capabilities.push_back({what, available, std::move(reason)});
  }
  return facts;
}

}  // namespace assay::agent
