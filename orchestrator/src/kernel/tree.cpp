// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/tree.hpp"

#include "base/copy.hpp"
#include "base/files.hpp"
#include "base/handle.hpp"

#include <boost/asio/post.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <vector>

namespace assay::kernel {
namespace {

constexpr std::size_t files_between_breaks = 64;

Error cannot_copy(const fs::path& from, const fs::path& to, int error) {
  return fail(Failure::infrastructure, "cannot copy {} to {}: {}", from.string(), to.string(),
              errno_text(error));
}

/// What linking the kernel makes; relative to the tree.
bool is_link_product(const fs::path& path) {
  static constexpr std::array products = {"vmlinux",
                                          "vmlinux.o",
                                          "vmlinux.a",
                                          "System.map",
                                          "arch/x86/boot/bzImage",
                                          "arch/x86/boot/vmlinux.bin",
                                          "arch/x86/boot/compressed/vmlinux",
                                          "arch/x86/boot/compressed/vmlinux.bin",
                                          "arch/x86/boot/compressed/vmlinux.bin.gz"};
  const auto text = path.generic_string();
  return std::find(products.begin(), products.end(), text) != products.end() ||
         text.starts_with(".tmp_vmlinux");
}

bool is_same_file(const struct stat& file, const fs::path& other) {
  struct stat status{};
  return file.st_nlink > 1 && ::lstat(other.c_str(), &status) == 0 && status.st_dev == file.st_dev &&
         status.st_ino == file.st_ino;
}

Status clone_file(const fs::path& from, const fs::path& to, const fs::path& pristine) {
  struct stat status{};
  if (::lstat(from.c_str(), &status) != 0) {
    return cannot_copy(from, to, errno);
  }
  if (from == pristine || is_same_file(status, pristine)) {
    if (::link(from.c_str(), to.c_str()) == 0) {
      return {};
    }
    // A file system without hard links, or too many of them: a copy does as well.
  }
  return duplicate_file(from, to);
}

Status clone_entry(const fs::directory_entry& entry, const fs::path& to, const fs::path& pristine) {
  std::error_code error;
  if (entry.is_symlink()) {
    fs::copy_symlink(entry.path(), to, error);
  } else if (entry.is_directory()) {
    fs::create_directory(to, error);
  } else if (entry.is_regular_file()) {
    return clone_file(entry.path(), to, pristine);
  }
  return error ? cannot_copy(entry.path(), to, error.value()) : Status();
}

Status replace_in_file(const fs::path& path, const std::string& old_text, const std::string& new_text) {
  auto content = read_file(path);
  if (!content) {
    return content.error();
  }
  bool changed = false;
  for (auto at = content->find(old_text); at != std::string::npos; at = content->find(old_text, at)) {
    content->replace(at, old_text.size(), new_text);
    at += new_text.size();
    changed = true;
  }
  if (!changed) {
    return {};
  }
  std::error_code error;
  const auto time = fs::last_write_time(path, error);
  if (auto written = write_file(path, *content); !written) {
    return written;
  }
  fs::last_write_time(path, time, error);
  return error
             ? fail(Failure::infrastructure, "cannot set the time of {}: {}", path.string(), error.message())
             : Status();
}

}  // namespace

Status duplicate_file(const fs::path& from, const fs::path& to) {
  const UniqueFd source(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status{};
  if (!source || ::fstat(source.get(), &status) != 0) {
    return cannot_copy(from, to, errno);
  }
  const UniqueFd target(::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!target) {
    return cannot_copy(from, to, errno);
  }
  if (const int why = copy_content(source.get(), target.get(), status.st_size); why != 0) {
    return cannot_copy(from, to, why);
  }
  const std::array times = {status.st_atim, status.st_mtim};
  if (::fchmod(target.get(), status.st_mode & 07777U) != 0 || ::futimens(target.get(), times.data()) != 0) {
    return cannot_copy(from, to, errno);
  }
  return {};
}

Task<Status> clone_tree(fs::path from, fs::path to, fs::path pristine, FileCount count) {
  if (auto made = make_directories(to); !made) {
    co_return made;
  }
  const auto executor = co_await asio::this_coro::executor;
  std::size_t done = 0;
  std::error_code error;
  for (auto entry = fs::recursive_directory_iterator(from, error);
       !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    const auto relative = entry->path().lexically_relative(from);
    if (is_link_product(relative)) {
      continue;
    }
    if (auto cloned = clone_entry(*entry, to / relative, pristine / relative); !cloned) {
      co_return cloned;
    }
    if (++done % files_between_breaks == 0) {
      count(done);
      co_await asio::post(executor, asio::use_awaitable);
    }
  }
  if (error) {
    co_return fail(Failure::infrastructure, "cannot read folder {}: {}", from.string(), error.message());
  }
  co_return Status();
}

Status move_recorded_paths(const fs::path& tree, const fs::path& old_tree) {
  std::error_code error;
  for (auto entry = fs::recursive_directory_iterator(tree / "tools", error);
       !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    const auto extension = entry->path().extension();
    if (!entry->is_regular_file() || (extension != ".cmd" && extension != ".d")) {
      continue;
    }
    if (auto replaced = replace_in_file(entry->path(), old_tree.string() + "/", tree.string() + "/");
        !replaced) {
      return replaced;
    }
  }
  return {};
}

void remove_torn_targets(const fs::path& tree) {
  std::vector<fs::path> torn;
  std::error_code error;
  for (auto entry = fs::recursive_directory_iterator(tree, error);
       !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    const auto name = entry->path().filename().string();
    if (!name.starts_with('.') || !name.ends_with(".cmd")) {
      continue;
    }
    constexpr std::size_t around = std::string_view(".").size() + std::string_view(".cmd").size();
    const auto target = entry->path().parent_path() / name.substr(1, name.size() - around);
    std::error_code absent;
    const auto made = fs::last_write_time(target, absent);
    if (!absent && made > entry->last_write_time(absent) && !absent) {
      torn.push_back(target);
    }
  }
  for (const auto& target : torn) {
    fs::remove(target, error);
  }
}

}  // namespace assay::kernel
