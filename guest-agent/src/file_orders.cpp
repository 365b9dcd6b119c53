// SPDX-License-Identifier: GPL-2.0-or-later
#include "file_orders.hpp"

#include "sha256.hpp"
#include "unique_fd.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>

namespace assay::agent {
namespace {

constexpr mode_t all_permissions = 07777;

void require_absolute(const std::string& path) {
  if (!path.starts_with('/')) {
    throw std::runtime_error("\"" + path + "\" is not an absolute path");
  }
}

void create_parents(const std::string& path) {
  for (std::size_t at = path.find('/', 1); at != std::string::npos; at = path.find('/', at + 1)) {
    const std::string parent = path.substr(0, at);
    if (::mkdir(parent.c_str(), 0755) != 0 && errno != EEXIST) {
      throw_errno("create " + parent);
    }
  }
}

void write_all(const UniqueFd& file, const std::string& path, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) {
      throw_errno("write " + path);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
  }
}

void tell_taken(Reporter& reporter, std::uint64_t order) {
  flatbuffers::FlatBufferBuilder builder;
  send_message(reporter, builder, wire::CreateTaken(builder, order, 1));
}

/// Input until its end into the file; the digest of what came.
std::string receive(std::uint64_t order, const UniqueFd& file, const std::string& path, OrderPipe& orders,
                    Reporter& reporter) {
  Sha256 digest;
  for (;;) {
    const wire::Frame* frame = orders.next();
    if (frame == nullptr) {
      throw std::runtime_error("cannot write " + path + ": the host stopped sending");
    }
    const auto* input = frame->message_as_Input();
    if (input == nullptr) {
      continue;
    }
    if (const auto* content = input->bytes()) {
      const auto bytes = std::as_bytes(std::span(content->data(), content->size()));
      digest.add(bytes);
      write_all(file, path, bytes);
    }
    tell_taken(reporter, order);
    if (input->end()) {
      return digest.finish();
    }
  }
}

using Piece = std::function<void(std::span<const std::byte>)>;

/// Gives the file to `take` piece by piece: its length.
std::uint64_t read_through(const std::string& path, const Piece& take) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) {
    throw_errno("open " + path);
  }
  std::vector<std::byte> chunk(wire::most_bytes);
  std::uint64_t length = 0;
  for (;;) {
    const ssize_t count = ::read(file.get(), chunk.data(), chunk.size());
    if (count < 0 && errno != EINTR) {
      throw_errno("read " + path);
    }
    if (count == 0) {
      return length;
    }
    const std::size_t got = static_cast<std::size_t>(std::max<ssize_t>(count, 0));
    length += got;
    take(std::span(chunk).first(got));
  }
}

struct stat status_of(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    throw_errno("find " + path);
  }
  return status;
}

void tell_done(Reporter& reporter, std::uint64_t order, mode_t mode, std::uint64_t size,
               const std::string& digest) {
  flatbuffers::FlatBufferBuilder builder;
  send_message(reporter, builder,
               wire::CreateFileDoneDirect(builder, order, mode & all_permissions, size, digest.c_str()));
}

}  // namespace

void store_file(const wire::StoreFile& order, OrderPipe& orders, Reporter& reporter) {
  const std::string path = order.path()->str();
  const std::uint64_t id = order.order();
  const mode_t mode = order.mode() & all_permissions;
  require_absolute(path);
  create_parents(path);
  std::string digest;
  {
    const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!file) {
      throw_errno("create " + path);
    }
    digest = receive(id, file, path, orders, reporter);
    if (S_ISREG(status_of(path).st_mode) && ::fchmod(file.get(), mode) != 0) {
      throw_errno("set the mode of " + path);
    }
  }
  const auto status = status_of(path);
  if (S_ISREG(status.st_mode)) {
    Sha256 kept;
    read_through(path, [&kept](std::span<const std::byte> bytes) { kept.add(bytes); });
    digest = kept.finish();
  }
  tell_done(reporter, id, status.st_mode, static_cast<std::uint64_t>(status.st_size), digest);
}

void fetch_file(const wire::FetchFile& order, Reporter& reporter) {
  const std::string path = order.path()->str();
  require_absolute(path);
  const auto status = status_of(path);
  Sha256 digest;
  const std::uint64_t size = read_through(path, [&](std::span<const std::byte> bytes) {
    digest.add(bytes);
    send_output(reporter, order.order(), wire::Stream::file, bytes);
  });
  tell_done(reporter, order.order(), status.st_mode, size, digest.finish());
}

}  // namespace assay::agent
