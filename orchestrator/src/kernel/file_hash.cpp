// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/file_hash.hpp"

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/process.hpp"
#include "base/text.hpp"

#include <boost/asio/post.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

namespace assay::kernel {
namespace {

/// Changes whenever the file does, also when somebody restores its time.
Result<std::string> time_stamp_of(const fs::path& path, bool follow) {
  struct stat status{};
  if (::fstatat(AT_FDCWD, path.c_str(), &status, follow ? 0 : AT_SYMLINK_NOFOLLOW) != 0) {
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

Result<std::vector<fs::path>> entries_below(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (auto entry = fs::recursive_directory_iterator(folder, error);
       !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (!entry->is_directory(error) || entry->is_symlink(error)) {
      entries.push_back(entry->path());
    }
  }
  if (error) {
    return fail(Failure::infrastructure, "cannot read folder {}: {}", folder.string(), error.message());
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

Status add_entry(Hasher& hasher, const fs::path& folder, const fs::path& entry) {
  const auto name = entry.lexically_relative(folder).string();
  std::error_code error;
  if (fs::is_symlink(entry, error)) {
    hasher.add("link " + name, fs::read_symlink(entry, error).string());
    return {};
  }
  return hasher.add_file("file " + name, entry);
}

}  // namespace

Task<Result<std::string>> remembered_sha256(fs::path path, fs::path cache) {
  const auto stamp = time_stamp_of(path, true);
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

Task<Result<std::string>> remembered_folder_sha256(fs::path folder, fs::path cache) {
  const auto entries = entries_below(folder);
  if (!entries) {
    co_return entries.error();
  }
  Hasher stamps;
  for (const auto& entry : *entries) {
    const auto stamp = time_stamp_of(entry, false);
    if (!stamp) {
      co_return stamp.error();
    }
    stamps.add(entry.string(), *stamp);
  }
  const auto stamp = stamps.finish();
  const auto memory = memory_of(folder, cache);
  if (auto known = recalled(memory, stamp); !known.empty()) {
    co_return known;
  }
  const auto executor = co_await asio::this_coro::executor;
  Hasher content;
  for (const auto& entry : *entries) {
    if (auto added = add_entry(content, folder, entry); !added) {
      co_return added.error();
    }
    co_await asio::post(executor, asio::use_awaitable);
  }
  auto digest = content.finish();
  remember(memory, stamp, digest);
  co_return digest;
}

}  // namespace assay::kernel
