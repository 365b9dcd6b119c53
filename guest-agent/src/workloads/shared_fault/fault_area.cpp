// SPDX-License-Identifier: GPL-2.0-or-later
#include "workloads/shared_fault/fault_area.hpp"

#include "contract/context.hpp"
#include "mm/kvm_machine.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <csetjmp>
#include <csignal>
#include <cstring>
#include <utility>

namespace assay::agent::workloads {
namespace {

std::uint64_t mix(std::uint64_t seed, std::uint64_t a, std::uint64_t b) {
  std::uint64_t state = seed ^ (a * 0x9e3779b97f4a7c15U);
  state = split_mix(state) + b;
  return split_mix(state);
}

[[noreturn]] void skip(const std::string& action) {
  const char* why = strerrordesc_np(errno);
  throw WorkloadSkip("cannot " + action + ": " + (why != nullptr ? why : "unknown error"));
}

UniqueFd open_tmpfs() {
  for (const char* folder : {"/tmp", "/dev/shm"}) {
    struct statfs info{};
    if (::statfs(folder, &info) == 0 && static_cast<std::uint64_t>(info.f_type) == TMPFS_MAGIC) {
      UniqueFd fd(::open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
      if (fd) {
        return fd;
      }
    }
  }
  throw WorkloadSkip("neither /tmp nor /dev/shm is a tmpfs that takes files");
}

/// A file of a ramfs that is mounted nowhere and ends with the file: its vm_ops are those of most file
/// systems.
UniqueFd open_ramfs() {
  const UniqueFd context(::fsopen("ramfs", FSOPEN_CLOEXEC));
  if (!context || ::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    skip("make a ramfs");
  }
  const UniqueFd root(::fsmount(context.get(), FSMOUNT_CLOEXEC, 0));
  UniqueFd fd(root ? ::openat(root.get(), "file", O_CREAT | O_RDWR | O_CLOEXEC, 0600) : -1);
  if (!fd) {
    skip("make a file in a ramfs");
  }
  return fd;
}

/// Counts nothing: it is there to be mapped.
UniqueFd open_perf_event() {
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.size = sizeof attributes;
  attributes.config = PERF_COUNT_SW_DUMMY;
  attributes.disabled = 1;
  attributes.exclude_kernel = 1;
  attributes.exclude_hv = 1;
  UniqueFd fd(static_cast<int>(::syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC)));
  if (!fd) {
    skip("open a perf event");
  }
  return fd;
}

/// Where a thread goes on when a touch gives it a SIGBUS.
thread_local sigjmp_buf after_touch;

void leave_touch(int /*signal*/) { siglongjmp(after_touch, 1); }

UniqueFd open_file_of(std::string_view mapping) {
  if (mapping == "tmpfs") {
    return open_tmpfs();
  }
  return mapping == "ramfs" ? open_ramfs() : UniqueFd(::memfd_create("assay-fault", MFD_CLOEXEC));
}

}  // namespace

FaultArea::FaultArea(const FaultPlan& plan)
    : plan_(plan), page_size_(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))) {
  map_size_ = plan_.pages * page_size_;
  if (plan_.is_refused()) {
    struct sigaction action{};
    action.sa_handler = leave_touch;
    if (::sigaction(SIGBUS, &action, nullptr) != 0) {
      throw_errno("catch SIGBUS");
    }
  }
  if (plan_.is_perf()) {
    open_perf();
  } else if (plan_.is_perf_page()) {
    open_perf_pages();
  } else if (plan_.is_vcpu()) {
    open_vcpu();
  } else if (plan_.is_swap()) {
    open_swap_disk();
  } else {
    open_file();
  }
}

FaultArea::~FaultArea() {
  if (map_ != nullptr) {
    ::munmap(map_, map_size_);
  }
}

void FaultArea::open_file() {
  fd_ = open_file_of(plan_.mapping);
  if (!fd_) {
    skip("create a memfd");
  }
  if (!plan_.is_refused() && ::ftruncate(fd_.get(), static_cast<off_t>(map_size_)) != 0) {
    throw_errno("size the file");
  }
  const int flags = plan_.is_private() ? MAP_PRIVATE : MAP_SHARED;
  void* map = ::mmap(nullptr, map_size_, PROT_READ | PROT_WRITE, flags, fd_.get(), 0);
  if (map == MAP_FAILED) {
    throw_errno("map the file");
  }
  map_ = static_cast<std::byte*>(map);
  base_ = map_;
  // A huge page would answer many touches with one fault. Kernels without huge pages know no such advice.
  ::madvise(map_, map_size_, MADV_NOHUGEPAGE);
  if (!plan_.cold && !plan_.is_refused()) {
    fill();
  }
}

void FaultArea::open_perf() {
  fd_ = open_perf_event();
  // One page of control data, then the ring buffer.
  map_size_ += page_size_;
  const int protection = plan_.write ? PROT_READ | PROT_WRITE : PROT_READ;
  void* map = ::mmap(nullptr, map_size_, protection, MAP_SHARED, fd_.get(), 0);
  if (map == MAP_FAILED) {
    skip("map perf's ring buffer (see /proc/sys/kernel/perf_event_mlock_kb)");
  }
  map_ = static_cast<std::byte*>(map);
  base_ = map_ + page_size_;
}

/// The page of control data of an event is all of a mapping of one page, and the one page that perf lets
/// write.
void FaultArea::open_perf_pages() {
  void* map = ::mmap(nullptr, map_size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED) {
    throw_errno("reserve addresses");
  }
  map_ = static_cast<std::byte*>(map);
  base_ = map_;
  for (std::size_t page = 0; page < plan_.pages; ++page) {
    events_.push_back(open_perf_event());
    const int fd = events_.back().get();
    if (::mmap(map_ + page * page_size_, page_size_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) ==
        MAP_FAILED) {
      skip("map a perf event's page (see /proc/sys/kernel/perf_event_mlock_kb)");
    }
  }
}

void FaultArea::open_vcpu() {
  fd_ = KvmMachine(KvmMachine::Type::ordinary).new_vcpu();
  void* map = ::mmap(nullptr, map_size_, PROT_READ, MAP_SHARED, fd_.get(), 0);
  if (map == MAP_FAILED) {
    throw_errno("map a vcpu");
  }
  map_ = static_cast<std::byte*>(map);
  base_ = map_;
}

/// A disk that is swapped to: it was mapped before, but do_page_mkwrite() allows no write any more.
void FaultArea::open_swap_disk() {
  const auto device = swap_device("disk");
  fd_.reset(::open(device.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd_) {
    skip("open " + device + " (the machine has one with swap = \"64M\")");
  }
  // The first page is swap's own.
  map_size_ += page_size_;
  void* map = ::mmap(nullptr, map_size_, PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0);
  if (map == MAP_FAILED) {
    throw_errno("map " + device);
  }
  map_ = static_cast<std::byte*>(map);
  base_ = map_ + page_size_;
  swap_.emplace(device);
}

void FaultArea::fill() {
  for (std::size_t page = 0; page < plan_.pages; ++page) {
    const std::uint64_t value = file_word(page);
    const auto at = static_cast<off_t>(page * page_size_ + offset_of(page));
    if (::pwrite(fd_.get(), &value, sizeof value, at) != sizeof value) {
      throw_errno("fill the file");
    }
  }
}

void FaultArea::clear() {
  if (::madvise(base_, plan_.pages * page_size_, MADV_DONTNEED) != 0) {
    if (plan_.is_kernels() || plan_.is_perf_page()) {
      skip("drop the kernel's memory from the page tables");
    }
    throw_errno("drop the mapping's pages");
  }
  const int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  if (plan_.cold && ::fallocate(fd_.get(), mode, 0, static_cast<off_t>(map_size_)) != 0) {
    throw_errno("punch a hole into the file");
  }
}

bool FaultArea::touch(std::size_t page, std::uint64_t round) const {
  auto* at = reinterpret_cast<volatile std::uint64_t*>(base_ + page * page_size_ + offset_of(page));
  if (plan_.is_refused() && sigsetjmp(after_touch, 1) != 0) {
    return false;
  }
  if (plan_.write) {
    *at = word(page, round);
  } else {
    (void)*at;
  }
  return true;
}

bool FaultArea::is_right(std::size_t page, std::uint64_t round) const {
  if (plan_.is_kernels() || plan_.is_refused()) {
    return true;
  }
  const auto* at =
      reinterpret_cast<const volatile std::uint64_t*>(base_ + page * page_size_ + offset_of(page));
  const std::uint64_t untouched = plan_.cold ? 0 : file_word(page);
  return *at == (plan_.write ? word(page, round) : untouched);
}

std::size_t FaultArea::resident() const {
  std::vector<unsigned char> states(plan_.pages);
  if (::mincore(base_, plan_.pages * page_size_, states.data()) != 0) {
    throw_errno("ask which pages are resident");
  }
  std::size_t count = 0;
  for (const unsigned char state : states) {
    count += state & 1U;
  }
  return count;
}

std::size_t FaultArea::changed_in_file() const {
  std::size_t changed = 0;
  for (std::size_t page = 0; page < plan_.pages; ++page) {
    std::uint64_t value = 0;
    const auto at = static_cast<off_t>(page * page_size_ + offset_of(page));
    const bool was_read = ::pread(fd_.get(), &value, sizeof value, at) == sizeof value;
    changed += !was_read || value != (plan_.cold ? 0 : file_word(page)) ? 1U : 0U;
  }
  return changed;
}

std::size_t FaultArea::offset_of(std::size_t page) const {
  // The kernel writes into the first half of a page of perf's.
  const std::size_t first = plan_.is_perf_page() ? page_size_ / 2 : 0;
  const std::size_t words = (page_size_ - first) / sizeof(std::uint64_t);
  return first + mix(plan_.seed, page, 1) % words * sizeof(std::uint64_t);
}

std::uint64_t FaultArea::file_word(std::size_t page) const { return mix(plan_.seed, page, 2); }

std::uint64_t FaultArea::word(std::size_t page, std::uint64_t round) const {
  return mix(plan_.seed, page, 3 + round);
}

}  // namespace assay::agent::workloads
