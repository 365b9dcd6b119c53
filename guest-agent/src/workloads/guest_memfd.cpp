// SPDX-License-Identifier: GPL-2.0-or-later
#include "workloads/guest_memfd.hpp"

#include "context.hpp"

#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <cstring>

namespace assay::agent::workloads {
namespace {

// From the kernel's include/uapi/linux/kvm.h of 6.8 and later; the headers that we compile with are older.
constexpr unsigned kvm_type = 0xAE;
constexpr unsigned long kvm_create_vm = _IO(kvm_type, 0x01);
constexpr unsigned long sw_protected_vm = 1;

struct CreateGuestMemfd {
  std::uint64_t size = 0;
  std::uint64_t flags = 0;
  std::uint64_t reserved[6] = {};
};
constexpr unsigned long kvm_create_guest_memfd = _IOWR(kvm_type, 0xd4, CreateGuestMemfd);

[[noreturn]] void skip(const std::string& action) {
  const char* why = strerrordesc_np(errno);
  throw WorkloadSkip("cannot " + action + ": " + (why != nullptr ? why : "unknown error"));
}

}  // namespace

GuestMemory::GuestMemory() : kvm_(::open("/dev/kvm", O_RDWR | O_CLOEXEC)) {
  if (!kvm_) {
    skip("open /dev/kvm");
  }
  vm_.reset(::ioctl(kvm_.get(), kvm_create_vm, sw_protected_vm));
  if (!vm_) {
    skip("create a software-protected VM");
  }
}

UniqueFd GuestMemory::create(std::uint64_t size) const {
  CreateGuestMemfd wish;
  wish.size = size;
  UniqueFd file(::ioctl(vm_.get(), kvm_create_guest_memfd, &wish));
  if (!file) {
    skip("create a guest_memfd");
  }
  return file;
}

void allocate(const UniqueFd& file, std::uint64_t size) {
  if (::fallocate(file.get(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size)) != 0) {
    throw_errno("allocate the file's memory");
  }
}

void punch_hole(const UniqueFd& file, std::uint64_t offset, std::uint64_t size) {
  const int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  if (::fallocate(file.get(), mode, static_cast<off_t>(offset), static_cast<off_t>(size)) != 0) {
    throw_errno("punch a hole into the file");
  }
}

}  // namespace assay::agent::workloads
