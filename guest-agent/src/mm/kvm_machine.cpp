// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/kvm_machine.hpp"

#include "contract/context.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace assay::agent {
namespace {

// From the kernel's include/uapi/linux/kvm.h; cross compilers for machines without KVM have no such header,
// and guest_memfd is younger than those that we compile with.
constexpr unsigned kvm_type = 0xAE;
constexpr unsigned long kvm_create_vm = _IO(kvm_type, 0x01);
constexpr unsigned long kvm_create_vcpu = _IO(kvm_type, 0x41);

struct CreateGuestMemfd {
  std::uint64_t size = 0;
  std::uint64_t flags = 0;
  std::array<std::uint64_t, 6> reserved{};
};
constexpr unsigned long kvm_create_guest_memfd = _IOWR(kvm_type, 0xd4, CreateGuestMemfd);

UniqueFd or_skip(int fd, const char* action) {
  if (fd < 0) {
    throw WorkloadSkip(std::string("cannot ") + action + ": " + strerrordesc_np(errno));
  }
  return UniqueFd(fd);
}

}  // namespace

KvmMachine::KvmMachine(Type type)
    : kvm_(or_skip(::open("/dev/kvm", O_RDWR | O_CLOEXEC), "open /dev/kvm")),
      vm_(or_skip(::ioctl(kvm_.get(), kvm_create_vm, static_cast<unsigned long>(type)),
                  "create a virtual machine")) {}

UniqueFd KvmMachine::new_guest_memfd(std::uint64_t size) const {
  CreateGuestMemfd wish;
  wish.size = size;
  return or_skip(::ioctl(vm_.get(), kvm_create_guest_memfd, &wish), "create a guest_memfd");
}

UniqueFd KvmMachine::new_vcpu() const {
  return or_skip(::ioctl(vm_.get(), kvm_create_vcpu, 0UL), "create a vcpu");
}

}  // namespace assay::agent
