// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/ring_pins.hpp"

#include "contract/context.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

namespace assay::agent {
namespace {

Mapping map_ring(int fd, std::size_t size, off_t offset) {
  void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
  if (at == MAP_FAILED) {
    throw_errno("map an io_uring");
  }
  return {at, size};
}

}  // namespace

RingPins::RingPins() {
  ring_.reset(static_cast<int>(::syscall(SYS_io_uring_setup, 1, &parameters_)));
  if (!ring_) {
    throw WorkloadSkip(std::string("cannot set up an io_uring: ") + strerrordesc_np(errno));
  }
}

void RingPins::pin(const std::vector<iovec>& buffers) {
  if (::syscall(SYS_io_uring_register, ring_.get(), IORING_REGISTER_BUFFERS, buffers.data(),
                static_cast<unsigned>(buffers.size())) != 0) {
    throw_errno("pin " + std::to_string(buffers.size()) + " buffers");
  }
  buffers_ = buffers;
}

void RingPins::release() const {
  if (::syscall(SYS_io_uring_register, ring_.get(), IORING_UNREGISTER_BUFFERS, nullptr, 0) != 0) {
    throw_errno("release the pins");
  }
}

void RingPins::store(std::size_t buffer, std::span<const std::byte> bytes) {
  map_rings();
  if (::pwrite(scratch_.get(), bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    throw_errno("fill the file that io_uring reads");
  }
  transfer({.operation = IORING_OP_READ_FIXED,
            .fd = scratch_.get(),
            .buffer = buffer,
            .at = 0,
            .size = bytes.size()});
}

void RingPins::load(std::size_t buffer, std::span<std::byte> bytes) {
  map_rings();
  transfer({.operation = IORING_OP_WRITE_FIXED,
            .fd = scratch_.get(),
            .buffer = buffer,
            .at = 0,
            .size = bytes.size()});
  if (::pread(scratch_.get(), bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    throw_errno("read the file that io_uring wrote");
  }
}

void RingPins::clear(std::size_t buffer, std::size_t at) {
  map_rings();
  transfer({.operation = IORING_OP_READ_FIXED, .fd = zeros_.get(), .buffer = buffer, .at = at, .size = 1});
}

void RingPins::map_rings() {
  if (scratch_) {
    return;
  }
  // Both rings are in one mapping since 5.4 (IORING_FEAT_SINGLE_MMAP).
  const std::size_t submitted = parameters_.sq_off.array + parameters_.sq_entries * sizeof(std::uint32_t);
  const std::size_t completed = parameters_.cq_off.cqes + parameters_.cq_entries * sizeof(io_uring_cqe);
  rings_ = map_ring(ring_.get(), std::max(submitted, completed), IORING_OFF_SQ_RING);
  entries_ = map_ring(ring_.get(), parameters_.sq_entries * sizeof(io_uring_sqe), IORING_OFF_SQES);
  scratch_.reset(::memfd_create("assay-ring", MFD_CLOEXEC));
  if (!scratch_) {
    throw_errno("create a memfd");
  }
  // Unlike shared memory before 6.6, io_uring reads it at once and not in a thread of its own.
  zeros_.reset(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
  if (!zeros_) {
    throw_errno("open /dev/zero");
  }
}

std::uint32_t& RingPins::ring_word(std::uint32_t offset) const {
  return *reinterpret_cast<std::uint32_t*>(rings_.data() + offset);
}

void RingPins::transfer(const Transfer& what) {
  io_uring_sqe entry{};
  entry.opcode = what.operation;
  entry.fd = what.fd;
  entry.addr = reinterpret_cast<std::uintptr_t>(buffers_.at(what.buffer).iov_base) + what.at;
  entry.len = static_cast<std::uint32_t>(what.size);
  entry.buf_index = static_cast<std::uint16_t>(what.buffer);
  std::memcpy(entries_.data(), &entry, sizeof entry);
  ring_word(parameters_.sq_off.array) = 0;
  std::atomic_ref(ring_word(parameters_.sq_off.tail)).fetch_add(1, std::memory_order_release);

  const std::atomic_ref head(ring_word(parameters_.cq_off.head));
  const std::atomic_ref tail(ring_word(parameters_.cq_off.tail));
  unsigned to_submit = 1;
  while (tail.load(std::memory_order_acquire) == head.load(std::memory_order_relaxed)) {
    const long done =
        ::syscall(SYS_io_uring_enter, ring_.get(), to_submit, 1, IORING_ENTER_GETEVENTS, nullptr, 0);
    if (done < 0 && errno != EINTR) {
      throw_errno("submit to an io_uring");
    }
    to_submit -= done > 0 ? 1 : 0;
  }
  const std::uint32_t slot = head.load(std::memory_order_relaxed) & ring_word(parameters_.cq_off.ring_mask);
  io_uring_cqe completion{};
  std::memcpy(&completion, rings_.data() + parameters_.cq_off.cqes + slot * sizeof completion,
              sizeof completion);
  head.fetch_add(1, std::memory_order_release);
  if (completion.res != static_cast<std::int32_t>(what.size)) {
    errno = completion.res < 0 ? -completion.res : EIO;
    throw_errno("move " + std::to_string(what.size) + " bytes through a pinned buffer");
  }
}

}  // namespace assay::agent
