// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/sha256.hpp"
#include "base/unique_fd.hpp"
#include "file_entries.hpp"
#include "worker/file_orders.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <utility>

namespace assay::agent {
namespace {

constexpr mode_t permission_bits = 07777;

/// Entries that are sent together, as many as fit.
class FileSender {
 public:
  FileSender(std::uint64_t order, Reporter& reporter) : order_(order), reporter_(reporter) {}

  struct Entry {
    wire::FileKind kind = wire::FileKind::more;
    std::string_view path{};
    struct stat status{};
    std::string_view target{};
  };

  void add(const Entry& entry, std::span<const std::byte> bytes = {}) {
    const std::size_t cost = entry.path.size() + entry.target.size() + bytes.size() + wire::entry_cost;
    if (used_ + cost > wire::most_bytes) {
      flush(false);
    }
    used_ += cost;
    const auto path = builder_.CreateString(entry.path.data(), entry.path.size());
    const auto target = builder_.CreateString(entry.target.data(), entry.target.size());
    const auto content =
        builder_.CreateVector(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    const auto& status = entry.status;
    entries_.push_back(wire::CreateFileEntry(builder_, entry.kind, path, status.st_mode & permission_bits,
                                             wire::mtime_of(status), target, ::major(status.st_rdev),
                                             ::minor(status.st_rdev), content));
  }

  /// Room for content in what is sent next, at least a few KiB.
  [[nodiscard]] std::size_t room() {
    constexpr std::size_t enough = std::size_t{4} << 10U;
    if (used_ + wire::entry_cost + enough > wire::most_bytes) {
      flush(false);
    }
    return wire::most_bytes - used_ - wire::entry_cost;
  }

  void flush(bool end) {
    const auto list = builder_.CreateVector(std::exchange(entries_, {}));
    send_message(reporter_, builder_, wire::CreateFiles(builder_, order_, list, end));
    builder_.Clear();
    used_ = 0;
  }

 private:
  std::uint64_t order_;
  Reporter& reporter_;
  flatbuffers::FlatBufferBuilder builder_{std::size_t{64} << 10U};
  std::vector<flatbuffers::Offset<wire::FileEntry>> entries_;
  std::size_t used_ = 0;
};

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

/// Sends a file, or a folder with all that is in it. Names in it are sent in a fixed order.
class TreeWalk {
 public:
  TreeWalk(std::string root, std::uint64_t order, Reporter& reporter)
      : root_(std::move(root)), sender_(order, reporter) {}

  std::string run() {
    struct stat status{};
    if (::stat(root_.c_str(), &status) != 0) {
      throw_errno("find " + root_);
    }
    if (S_ISDIR(status.st_mode)) {
      sender_.add({wire::FileKind::folder, "", status, {}});
      send_folder("");
    } else if (const int error = send_content("", status, 0); error != 0) {
      errno = error;
      throw_errno("read " + root_);
    }
    sender_.flush(true);
    return digest_.finish();
  }

 private:
  [[nodiscard]] std::string path_of(const std::string& relative) const {
    return relative.empty() ? root_ : root_ + "/" + relative;
  }

  void send_folder(const std::string& relative) {
    std::vector<std::string> names;
    const std::unique_ptr<DIR, CloseFolder> folder(::opendir(path_of(relative).c_str()));
    if (!folder) {
      tell_unreadable(relative, errno);
      return;
    }
    errno = 0;
    while (const dirent* entry = ::readdir(folder.get())) {
      const std::string_view name(&entry->d_name[0]);
      if (name != "." && name != "..") {
        names.emplace_back(name);
      }
      errno = 0;
    }
    if (errno != 0) {
      tell_unreadable(relative, errno);  // and what it has told goes along
    }
    std::ranges::sort(names);
    for (const auto& name : names) {
      send(relative.empty() ? name : relative + "/" + name);
    }
  }

  void send(const std::string& relative) {
    struct stat status{};
    const std::string path = path_of(relative);
    if (::lstat(path.c_str(), &status) != 0) {
      tell_unreadable(relative, errno);
      return;
    }
    const auto kind = wire::kind_of<wire::FileKind>(status.st_mode);
    if (kind != wire::FileKind::folder && status.st_nlink > 1) {
      const auto [first, is_new] = names_.try_emplace({status.st_dev, status.st_ino}, relative);
      if (!is_new) {
        sender_.add({wire::FileKind::hard_link, relative, status, first->second});
        return;
      }
    }
    if (kind == wire::FileKind::regular) {
      if (const int error = send_content(relative, status, O_NOFOLLOW); error != 0) {
        tell_unreadable(relative, error);
      }
      return;
    }
    std::array<char, PATH_MAX> target{};
    const ssize_t length =
        kind == wire::FileKind::link ? ::readlink(path.c_str(), target.data(), target.size()) : 0;
    if (length < 0) {
      tell_unreadable(relative, errno);
      return;
    }
    sender_.add({kind, relative, status, {target.data(), static_cast<std::size_t>(length)}});
    if (kind == wire::FileKind::folder) {
      send_folder(relative);
    }
  }

  /// 0, or the errno of what failed.
  int send_content(const std::string& relative, const struct stat& status, int flags) {
    const UniqueFd file(::open(path_of(relative).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags));
    if (!file) {
      return errno;
    }
    sender_.add({wire::FileKind::regular, relative, status, {}});
    for (;;) {
      const ssize_t count = ::read(file.get(), chunk_.data(), std::min(chunk_.size(), sender_.room()));
      if (count < 0 && errno != EINTR) {
        return errno;
      }
      if (count == 0) {
        return 0;
      }
      const auto bytes = std::span(chunk_).first(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
      digest_.add(bytes);
      sender_.add({}, bytes);
    }
  }

  void tell_unreadable(const std::string& relative, int error) {
    const char* why = strerrordesc_np(error);
    sender_.add({wire::FileKind::unreadable, relative, {}, why != nullptr ? why : "unknown error"});
  }

  std::string root_;
  FileSender sender_;
  Sha256 digest_;
  std::map<std::pair<dev_t, ino_t>, std::string> names_;  ///< of files that have several
  std::vector<std::byte> chunk_ = std::vector<std::byte>(wire::most_bytes);
};

}  // namespace

void fetch_files(const wire::FetchFiles& order, Reporter& reporter) {
  const std::string path = order.path()->str();
  if (!path.starts_with('/')) {
    throw std::runtime_error("\"" + path + "\" is not an absolute path");
  }
  TreeWalk walk(path, order.order(), reporter);
  tell_files_done(reporter, order.order(), walk.run());
}

}  // namespace assay::agent
