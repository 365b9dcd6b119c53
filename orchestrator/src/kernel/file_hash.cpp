// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/file_hash.hpp"

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/process.hpp"
#include "base/text.hpp"

#include <boost/asio/post.hpp>

#include <sys/stat.h>

namespace assay::kernel {
namespace {

/// Changes whenever the file does, also when somebody restores its time.
Result<std::string> time_stamp_of(const fs::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    return fail(Failure::infrastructure, "cannot read {}: {}", path.string(), errno_text(errno));
  }
  return fmt::format("{} {} {}.{:09}", status.st_ino, status.st_size, status.st_ctim.tv_sec,
                     status.st_ctim.tv_nsec);
}

/// sha256sum in a process of its own: 150 MB would hold up everybody else.
Task<Result<std::string>> sha256_elsewhere(fs::path path) {
  Command command;
  command.argv = {"sha256sum", "--", path.string()};
  auto output = co_await output_of(std::move(command));
  if (!output) {
    co_return output.error();
  }
  co_return output->substr(0, output->find(' '));
}

fs::path memory_of(const fs::path& path, const fs::path& cache) {
  std::error_code error;
  return cache / "hashes" / sha256(fs::absolute(path, error).string());
}

/// The digest that was remembered for what has this stamp, or "".
std::string recalled(const fs::path& memory, const std::string& stamp) {
  if (const auto known = read_file(memory)) {
    const auto lines = split(*known, '\n');
    if (lines.size() >= 2 && lines[0] == stamp) {
      return std::string(lines[1]);
    }
  }
  return {};
}

/// Worth remembering, not worth failing for.
void remember(const fs::path& memory, const std::string& stamp, const std::string& digest) {
  if (make_directories(memory.parent_path())) {
    (void)write_file(memory, fmt::format("{}\n{}\n", stamp, digest));
  }
}

}  // namespace

Task<Result<std::string>> remembered_sha256(fs::path path, fs::path cache) {
  const auto stamp = time_stamp_of(path);
  if (!stamp) {
    co_return stamp.error();
  }
  const auto memory = memory_of(path, cache);
  if (auto known = recalled(memory, *stamp); !known.empty()) {
    co_return known;
  }
  auto digest = co_await sha256_elsewhere(path);
  if (digest) {
    remember(memory, *stamp, *digest);
  }
  co_return digest;
}

Task<Result<std::string>> remembered_files_sha256(fs::path folder, std::vector<fs::path> files,
                                                  fs::path cache) {
  Hasher stamps;
  for (const auto& file : files) {
    const auto stamp = time_stamp_of(file);
    if (!stamp) {
      co_return stamp.error();
    }
    stamps.add(file.string(), *stamp);
  }
  const auto stamp = stamps.finish();
  const auto memory = memory_of(folder, cache);
  if (auto known = recalled(memory, stamp); !known.empty()) {
    co_return known;
  }
  const auto executor = co_await asio::this_coro::executor;
  Hasher content;
  for (const auto& file : files) {
    if (auto added = content.add_file(file.lexically_relative(folder).string(), file); !added) {
      co_return added.error();
    }
    co_await asio::post(executor, asio::use_awaitable);
  }
  auto digest = content.finish();
  remember(memory, stamp, digest);
  co_return digest;
}

}  // namespace assay::kernel
