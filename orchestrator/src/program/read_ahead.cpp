// SPDX-License-Identifier: GPL-2.0-or-later
#include "program/read_ahead.hpp"

#include "base/files.hpp"
#include "base/output.hpp"
#include "program/host_descriptors.hpp"

#include "frame.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

namespace assay::program {
namespace {

Error cannot_copy(const fs::path& path, std::string_view why) {
  return fail(Failure::usage, "cannot copy {} into a guest: {}", path.string(), why);
}

/// Whether a file comes to its end by itself.
bool has_end(const FileIn& file) {
  struct stat status{};
  return file.verbatim || ::stat(file.host.c_str(), &status) != 0 || S_ISREG(status.st_mode) ||
         S_ISBLK(status.st_mode);
}

Task<Result<UniqueFd>> all_of(fs::path path, Bytes most) {
  // A FIFO would wait here for somebody who writes, and hear no signal.
  const UniqueFd from(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat status{};
  if (!from || ::fstat(from.get(), &status) != 0) {
    co_return cannot_copy(path, errno_text(errno));
  }
  auto spool = nameless_file();
  if (!spool) {
    co_return spool.error();
  }
  HostSource source(co_await asio::this_coro::executor, from.get(), path.string());
  std::string chunk(wire::most_bytes, '\0');
  Bytes total(0);
  for (;;) {
    const auto count = co_await source.read(chunk);
    if (!count) {
      co_return count.error();
    }
    if (*count == 0) {
      break;
    }
    total = total + Bytes(*count);
    if (total > most) {
      co_return cannot_copy(path,
                            fmt::format("more comes of it than the guest has memory ({})", human(most)));
    }
    if (const int error = write_all(spool->get(), std::string_view(chunk).substr(0, *count)); error != 0) {
      co_return fail(Failure::infrastructure, "cannot keep what comes of {}: {}", path.string(),
                     errno_text(error));
    }
  }
  if (S_ISFIFO(status.st_mode) && total == Bytes(0)) {
    co_return cannot_copy(path, "it is a FIFO that nobody writes to");
  }
  co_return std::move(*spool);
}

}  // namespace

Task<Result<std::vector<UniqueFd>>> read_ahead(std::vector<FileIn>& files, Bytes most) {
  std::vector<UniqueFd> spools;
  for (auto& file : files) {
    if (has_end(file)) {
      continue;
    }
    auto spool = co_await all_of(file.host, most);
    if (!spool) {
      co_return spool.error();
    }
    file.host = fmt::format("/proc/self/fd/{}", spool->get());
    spools.push_back(std::move(*spool));
  }
  co_return spools;
}

}  // namespace assay::program
