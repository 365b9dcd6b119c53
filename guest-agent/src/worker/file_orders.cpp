// SPDX-License-Identifier: GPL-2.0-or-later
#include "worker/file_orders.hpp"

#include "base/sha256.hpp"
#include "base/unique_fd.hpp"
#include "file_entries.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ranges>

namespace assay::agent {
namespace {

constexpr mode_t all_permissions = 07777;
constexpr std::size_t read_size = std::size_t{64} << 10U;

void write_all(const UniqueFd& file, const std::string& path, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) {
      throw_errno("write " + path);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
  }
}

void set_time(const std::string& path, std::int64_t mtime_ns) {
  const auto times = wire::times_of(mtime_ns);
  if (::utimensat(AT_FDCWD, path.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) != 0) {
    throw_errno("set the time of " + path);
  }
}

mode_t type_of(wire::FileKind kind) {
  switch (kind) {
    case wire::FileKind::fifo:
      return S_IFIFO;
    case wire::FileKind::socket:
      return S_IFSOCK;
    case wire::FileKind::character_device:
      return S_IFCHR;
    case wire::FileKind::block_device:
      return S_IFBLK;
    default:
      throw std::runtime_error("the host sent a file of an unknown kind");
  }
}

/// What comes as Files, made one after the other.
class FileStore {
 public:
  void take(const wire::FileEntry& entry) {
    if (entry.kind() != wire::FileKind::more) {
      finish_file();
      begin(entry);
    }
    if (const auto* content = entry.bytes(); content != nullptr && content->size() > 0) {
      write(std::as_bytes(std::span(content->data(), content->size())));
    }
  }

  /// Nothing follows: the digest of all content.
  std::string finish() {
    finish_file();
    for (const auto& folder : std::views::reverse(folders_)) {  // what was made in them changed their times
      set_mode(folder.path, folder.mode);
      set_time(folder.path, folder.mtime_ns);
    }
    return digest_.finish();
  }

 private:
  struct Made {
    std::string path;
    mode_t mode = 0;
    std::int64_t mtime_ns = 0;
  };

  void begin(const wire::FileEntry& entry) {
    const Made made{entry.path() == nullptr ? "" : entry.path()->str(), entry.mode() & all_permissions,
                    entry.mtime_ns()};
    const std::string target = entry.target() == nullptr ? "" : entry.target()->str();
    if (!made.path.starts_with('/')) {
      throw std::runtime_error("\"" + made.path + "\" is not an absolute path");
    }
    create_parents(made.path);
    switch (entry.kind()) {
      case wire::FileKind::regular:
        begin_file(made);
        return;
      case wire::FileKind::folder:
        make_folder(made);
        return;
      case wire::FileKind::link:
        make(made, ::symlink(target.c_str(), room_for(made.path)));
        break;
      case wire::FileKind::hard_link:
        make(made, ::link(target.c_str(), room_for(made.path)));
        return;  // mode and time are those of the other name
      default:
        make(made, ::mknod(room_for(made.path), type_of(entry.kind()) | made.mode,
                           ::makedev(entry.device_major(), entry.device_minor())));
        set_mode(made.path, made.mode);
    }
    set_time(made.path, made.mtime_ns);
  }

  void begin_file(const Made& made) {
    struct stat status{};
    if (::stat(made.path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode)) {
      throw std::runtime_error("cannot create " + made.path + ": what is there is neither a file nor a disk");
    }
    file_.reset(
        ::open(made.path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600));
    if (!file_ || ::fstat(file_.get(), &status) != 0) {
      throw_errno("create " + made.path);
    }
    current_ = made;
    is_regular_ = S_ISREG(status.st_mode);
  }

  void write(std::span<const std::byte> bytes) {
    if (!file_) {
      throw std::runtime_error("the host sent content without a file");
    }
    write_all(file_, current_.path, bytes);
    if (!is_regular_) {
      digest_.add(bytes);
    }
  }

  void finish_file() {
    if (!file_) {
      return;
    }
    if (is_regular_) {
      const auto times = wire::times_of(current_.mtime_ns);
      if (::fchmod(file_.get(), current_.mode) != 0 || ::futimens(file_.get(), times.data()) != 0) {
        throw_errno("set mode and time of " + current_.path);
      }
      read_back();
    }
    file_.reset();
  }

  void read_back() {
    const UniqueFd file(::open(current_.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    ssize_t count = file ? 1 : -1;
    while (count > 0) {
      count = ::read(file.get(), chunk_.data(), chunk_.size());
      digest_.add(std::span(chunk_).first(static_cast<std::size_t>(std::max<ssize_t>(count, 0))));
    }
    if (count < 0) {
      throw_errno("read " + current_.path);
    }
  }

  static bool is_folder(const std::string& path) {
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
  }

  void make_folder(const Made& made) {
    if (::mkdir(made.path.c_str(), 0755) == 0) {
      folders_.push_back(made);
    } else if (errno != EEXIST || !is_folder(made.path)) {
      throw_errno("create " + made.path);
    }
  }

  static void make(const Made& made, int result) {
    if (result != 0) {
      throw_errno("create " + made.path);
    }
  }

  /// The same path, at which there is nothing now but perhaps a folder.
  static const char* room_for(const std::string& path) {
    ::unlink(path.c_str());
    return path.c_str();
  }

  static void set_mode(const std::string& path, mode_t mode) {
    if (::chmod(path.c_str(), mode) != 0) {
      throw_errno("set the mode of " + path);
    }
  }

  void create_parents(const std::string& path) {
    const std::string folder = path.substr(0, path.rfind('/'));
    if (folder == last_folder_) {
      return;
    }
    last_folder_ = folder;
    for (std::size_t at = path.find('/', 1); at != std::string::npos; at = path.find('/', at + 1)) {
      const std::string parent = path.substr(0, at);
      if (::mkdir(parent.c_str(), 0755) != 0 && errno != EEXIST) {
        throw_errno("create " + parent);
      }
    }
  }

  UniqueFd file_;
  Made current_;  ///< of file_
  bool is_regular_ = false;
  Sha256 digest_;
  std::string last_folder_;
  std::vector<Made> folders_;
  std::vector<std::byte> chunk_ = std::vector<std::byte>(read_size);
};

}  // namespace

void tell_files_done(Reporter& reporter, std::uint64_t order, const std::string& sha256) {
  flatbuffers::FlatBufferBuilder builder;
  send_message(reporter, builder, wire::CreateFilesDoneDirect(builder, order, sha256.c_str()));
}

void store_files(const wire::StoreFiles& order, OrderPipe& orders, Reporter& reporter) {
  const std::uint64_t id = order.order();
  FileStore store;
  for (bool end = false; !end;) {
    const wire::Frame* frame = orders.next();
    if (frame == nullptr) {
      throw std::runtime_error("cannot store files: the host stopped sending");
    }
    const auto* files = frame->message_as_Files();
    if (files == nullptr) {
      continue;
    }
    for (const auto* entry : *files->entries()) {
      store.take(*entry);
    }
    end = files->end();
    flatbuffers::FlatBufferBuilder builder;
    send_message(reporter, builder, wire::CreateTaken(builder, id, 1));
  }
  tell_files_done(reporter, id, store.finish());
}

}  // namespace assay::agent
