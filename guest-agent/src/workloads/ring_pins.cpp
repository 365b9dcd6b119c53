// SPDX-License-Identifier: GPL-2.0-or-later
#include "workloads/ring_pins.hpp"

#include "context.hpp"

#include <linux/io_uring.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace assay::agent::workloads {

RingPins::RingPins() {
  io_uring_params parameters{};
  ring_.reset(static_cast<int>(::syscall(SYS_io_uring_setup, 1, &parameters)));
  if (!ring_) {
    throw WorkloadSkip(std::string("cannot set up an io_uring: ") + strerrordesc_np(errno));
  }
}

void RingPins::pin(const std::vector<iovec>& buffers) const {
  if (::syscall(SYS_io_uring_register, ring_.get(), IORING_REGISTER_BUFFERS, buffers.data(),
                static_cast<unsigned>(buffers.size())) != 0) {
    throw_errno("pin " + std::to_string(buffers.size()) + " buffers");
  }
}

void RingPins::release() const {
  if (::syscall(SYS_io_uring_register, ring_.get(), IORING_UNREGISTER_BUFFERS, nullptr, 0) != 0) {
    throw_errno("release the pins");
  }
}

}  // namespace assay::agent::workloads
