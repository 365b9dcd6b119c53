// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/pipe_references.hpp"

#include "contract/context.hpp"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>

namespace assay::agent {

PipeReferences::PipeReferences(std::size_t pages, std::size_t page_size)
    : pages_(pages), page_size_(page_size) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
    throw_errno("create a pipe");
  }
  reader_.reset(ends[0]);
  writer_.reset(ends[1]);
  // The kernel makes it a power of two, and at least one page.
  if (::fcntl(writer_.get(), F_SETPIPE_SZ, pages * page_size) < 0) {
    throw_errno("size a pipe for " + std::to_string(pages) + " pages");
  }
}

PipeReferences PipeReferences::by_splice(const SealedFile& file, const std::vector<std::size_t>& pages) {
  PipeReferences pipe(pages.size(), file.page_size());
  for (const std::size_t page : pages) {
    auto at = static_cast<loff_t>(page * file.page_size());
    if (::splice(file.fd(), &at, pipe.writer_.get(), nullptr, file.page_size(), SPLICE_F_NONBLOCK) !=
        static_cast<ssize_t>(file.page_size())) {
      throw_errno("splice from the file");
    }
  }
  return pipe;
}

PipeReferences PipeReferences::by_vmsplice(const SealedFile& file, const std::vector<std::size_t>& pages) {
  PipeReferences pipe(pages.size(), file.page_size());
  const Mapping map = file.map_read_only();
  for (const std::size_t page : pages) {
    pipe.refer_to(map.bytes().subspan(page * file.page_size(), file.page_size()));
  }
  return pipe;
}

PipeReferences PipeReferences::by_vmsplice(std::span<const std::byte> memory, std::size_t page_size) {
  PipeReferences pipe(memory.size() / page_size, page_size);
  for (std::size_t at = 0; at < memory.size(); at += page_size) {
    pipe.refer_to(memory.subspan(at, page_size));
  }
  return pipe;
}

void PipeReferences::refer_to(std::span<const std::byte> page) const {
  // vmsplice() only reads; iovec is also for those that write.
  const iovec one{.iov_base = const_cast<std::byte*>(page.data()), .iov_len = page.size()};
  if (::vmsplice(writer_.get(), &one, 1, SPLICE_F_NONBLOCK) != static_cast<ssize_t>(page.size())) {
    throw_errno("vmsplice from the mapping");
  }
}

std::vector<std::byte> PipeReferences::peek() const {
  const PipeReferences other(pages_, page_size_);
  std::vector<std::byte> bytes(pages_ * page_size_);
  if (::tee(reader_.get(), other.writer_.get(), bytes.size(), SPLICE_F_NONBLOCK) !=
      static_cast<ssize_t>(bytes.size())) {
    throw_errno("tee the pipe");
  }
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t count = ::read(other.reader_.get(), bytes.data() + have, bytes.size() - have);
    if (count <= 0) {
      throw_errno("read the pipe");
    }
    have += static_cast<std::size_t>(count);
  }
  return bytes;
}

void PipeReferences::release() {
  reader_.reset();
  writer_.reset();
}

}  // namespace assay::agent
