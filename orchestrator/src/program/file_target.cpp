// SPDX-License-Identifier: GPL-2.0-or-later
#include "program/file_target.hpp"

#include "base/files.hpp"
#include "base/text.hpp"

#include "file_entries.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ranges>
#include <utility>

namespace assay::program {
namespace {

constexpr std::size_t most_entries = 1'000'000;
constexpr std::size_t longest_path = 4096;
/// A guest can have a million files that are left out for a reason.
constexpr std::size_t most_notes = 10'000;
/// A guest's set-uid bit is no good here.
constexpr std::uint32_t harmless = 0777;

template <class... Arguments>
Error broken(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  return fail(Failure::infrastructure, format, std::forward<Arguments>(arguments)...);
}

/// A path below the target, as only a guest that plays no tricks sends it.
bool is_below(const std::string& path) {
  if (path.empty() || path.size() > longest_path || path.find('\0') != std::string::npos) {
    return false;
  }
  return std::ranges::all_of(std::views::split(path, '/'), [](const auto& part) {
    const std::string_view name(part.begin(), part.end());
    return !name.empty() && name != "." && name != ".." && name.size() <= 255;
  });
}

}  // namespace

/// A name in a folder that is open.
class FileTarget::NameInFolder {
 public:
  NameInFolder(std::shared_ptr<UniqueFd> folder, std::string name, std::string shown)
      : folder_(std::move(folder)), name_(std::move(name)), shown_(std::move(shown)) {}

  [[nodiscard]] int folder() const { return folder_->get(); }
  [[nodiscard]] const char* name() const { return name_.c_str(); }
  [[nodiscard]] Error cannot(const char* verb) const {
    return broken("cannot {} {}: {}", verb, shown_, errno_text(errno));
  }
  /// Takes away what is there, unless it is a folder.
  void clear() const { ::unlinkat(folder(), name(), 0); }
  [[nodiscard]] bool is_folder() const {
    struct stat status{};
    return ::fstatat(folder(), name(), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
  }

 private:
  std::shared_ptr<UniqueFd> folder_;
  std::string name_;
  std::string shown_;
};

FileTarget::FileTarget(FileOut file, Bytes most) : target_(std::move(file)), left_(most) {}

std::string FileTarget::guest_path(const std::string& path) const {
  return printable(path.empty() ? target_.guest : (target_.guest == "/" ? "" : target_.guest) + "/" + path);
}

std::string FileTarget::host_path(const std::string& path) const {
  return printable((path.empty() ? target_.host : target_.host / path).string());
}

void FileTarget::remark(std::string text) {
  if (notes_.remarks.size() < most_notes) {
    notes_.remarks.push_back(std::move(text));
  }
}

void FileTarget::left_out(const link::FileEntry& entry, std::string_view what) {
  remark(fmt::format("left out {}: {}", guest_path(entry.path), what));
}

void FileTarget::missed(const link::FileEntry& entry) {
  if (notes_.missing.size() < most_notes) {
    notes_.missing.push_back(fmt::format("cannot copy {} out of the guest: {}",
                                         guest_path(entry.path.substr(0, longest_path)),
                                         printable(entry.target.substr(0, longest_path))));
  }
}

/// Folder by folder from the target on, none of them a link.
Result<FileTarget::NameInFolder> FileTarget::place_of(const std::string& path) {
  if (!root_ || !is_below(path)) {
    return broken("the guest sent a file with the name \"{}\"", printable(path));
  }
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : path.substr(0, slash);
  if (!open_folder_ || folder != open_path_) {
    auto current = std::make_shared<UniqueFd>(::fcntl(root_.get(), F_DUPFD_CLOEXEC, 0));
    for (std::size_t at = 0; *current && at < folder.size();) {
      const std::size_t end = std::min(folder.find('/', at), folder.size());
      const auto name = folder.substr(at, end - at);
      current->reset(::openat(current->get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      at = end + 1;
    }
    if (!*current) {
      return broken("cannot enter {}: {}", printable((target_.host / folder).string()), errno_text(errno));
    }
    open_folder_ = std::move(current);
    open_path_ = folder;
  }
  return NameInFolder(open_folder_, slash == std::string::npos ? path : path.substr(slash + 1),
                      printable((target_.host / path).string()));
}

Status FileTarget::take(const link::FileEntry& entry) {
  if (entry.kind == link::FileKind::more) {
    return write(entry.bytes);
  }
  if (++entries_ > most_entries) {
    return broken("it is more than {} files", most_entries);
  }
  if (entry.kind == link::FileKind::unreadable) {
    return begin(entry);
  }
  if (auto finished = finish_file(); !finished) {
    return finished;
  }
  if (auto begun = begin(entry); !begun) {
    return begun;
  }
  return entry.bytes.empty() ? Status() : write(entry.bytes);
}

Status FileTarget::begin(const link::FileEntry& entry) {
  if (entry.path.empty()) {
    return begin_root(entry);
  }
  if (entry.kind != link::FileKind::unreadable) {
    return make(entry);
  }
  const bool begun = current_ && current_->path == entry.path;
  if (!begun) {
    if (auto finished = finish_file(); !finished) {
      return finished;
    }
  }
  missed(entry);
  if (begun) {
    file_.reset();
    current_.reset();
    if (auto place = place_of(entry.path)) {
      place->clear();
    }
  }
  return {};
}

Status FileTarget::begin_root(const link::FileEntry& entry) {
  if (root_ && entry.kind == link::FileKind::unreadable) {
    missed(entry);
    return {};
  }
  if (root_ || single_) {
    return broken("the guest sent it twice");
  }
  if (entry.kind == link::FileKind::folder) {
    if (::mkdir(target_.host.c_str(), 0700) == 0) {
      folders_.push_back({"", entry.mode, entry.mtime_ns});
    }
    root_.reset(::open(target_.host.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return root_ ? Status()
                 : broken("cannot write the folder {}: {}", target_.host.string(), errno_text(errno));
  }
  if (entry.kind != link::FileKind::regular) {
    return broken("{}", entry.kind == link::FileKind::unreadable ? printable(entry.target)
                                                                 : "it is neither a file nor a folder");
  }
  auto output = Output::open(target_.host, Output::Unread::is_error);
  if (!output) {
    return output.error();
  }
  single_.emplace(std::move(*output));
  current_ = link::FileEntry{entry.kind, {}, entry.mode, entry.mtime_ns, {}, 0, 0, {}};
  return {};
}

Status FileTarget::make(const link::FileEntry& entry) {
  auto place = place_of(entry.path);
  if (!place) {
    return place.error();
  }
  switch (entry.kind) {
    case link::FileKind::regular:
      return begin_file(entry, *place);
    case link::FileKind::folder:
      return make_folder(entry, *place);
    case link::FileKind::socket:
      left_out(entry, "a socket");
      return {};
    case link::FileKind::character_device:
    case link::FileKind::block_device:
      left_out(entry, "a device");
      return {};
    default:
      return make_special(entry, *place);
  }
}

Status FileTarget::begin_file(const link::FileEntry& entry, const NameInFolder& place) {
  place.clear();
  file_.reset(
      ::openat(place.folder(), place.name(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file_) {
    return place.cannot("create");
  }
  current_ = link::FileEntry{entry.kind, entry.path, entry.mode, entry.mtime_ns, {}, 0, 0, {}};
  return {};
}

Status FileTarget::make_folder(const link::FileEntry& entry, const NameInFolder& place) {
  if (::mkdirat(place.folder(), place.name(), 0700) == 0) {
    folders_.push_back({entry.path, entry.mode, entry.mtime_ns});
    return {};
  }
  return errno == EEXIST && place.is_folder() ? Status() : place.cannot("create");
}

/// A link, another name of a file, or a FIFO.
Status FileTarget::make_special(const link::FileEntry& entry, const NameInFolder& place) {
  place.clear();
  int made = -1;
  if (entry.kind == link::FileKind::link) {
    made = ::symlinkat(entry.target.c_str(), place.folder(), place.name());
  } else if (entry.kind == link::FileKind::fifo) {
    made = ::mkfifoat(place.folder(), place.name(), 0600);
    made = made == 0 ? ::fchmodat(place.folder(), place.name(), entry.mode & harmless, 0) : made;
  } else {
    auto other = place_of(entry.target);
    if (!other) {
      return other.error();
    }
    return ::linkat(other->folder(), other->name(), place.folder(), place.name(), 0) == 0
               ? Status()
               : place.cannot("link");
  }
  const auto times = wire::times_of(entry.mtime_ns);
  if (made != 0 || ::utimensat(place.folder(), place.name(), times.data(), AT_SYMLINK_NOFOLLOW) != 0) {
    return place.cannot("create");
  }
  return {};
}

Status FileTarget::write(const std::string& bytes) {
  if (!current_) {
    return broken("the guest sent content without a file");
  }
  if (Bytes(bytes.size()) > left_) {
    if (auto place = file_ ? place_of(current_->path) : Result<NameInFolder>(broken(""))) {
      place->clear();
    }
    return broken("{} has no end: more came than the guest has memory and swap", guest_path(current_->path));
  }
  left_ = left_ - Bytes(bytes.size());
  digest_.add_bytes(bytes);
  if (!file_) {
    return single_->put(bytes);
  }
  for (std::string_view left = bytes; !left.empty();) {
    const ssize_t count = ::write(file_.get(), left.data(), left.size());
    if (count < 0 && errno != EINTR) {
      return broken("cannot write {}: {}", host_path(current_->path), errno_text(errno));
    }
    left.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  }
  return {};
}

Status FileTarget::finish_file() {
  if (!current_) {
    return {};
  }
  const auto times = wire::times_of(current_->mtime_ns);
  if (!file_) {
    if (auto set = single_->set_mode_and_times(current_->mode & harmless, times); !set) {
      return set;
    }
  } else if (::fchmod(file_.get(), current_->mode & harmless) != 0 ||
             ::futimens(file_.get(), times.data()) != 0) {
    return broken("cannot set mode and time of {}: {}", host_path(current_->path), errno_text(errno));
  }
  if ((current_->mode & ~harmless) != 0) {
    remark(fmt::format("{} was copied without its set-user-id, set-group-id and sticky bits",
                       guest_path(current_->path)));
  }
  file_.reset();
  current_.reset();
  return {};
}

Result<CopyNotes> FileTarget::finish(const std::string& sha256) {
  if (auto finished = finish_file(); !finished) {
    return finished.error();
  }
  if (!root_ && !single_) {
    return broken("the guest sent nothing");
  }
  if (digest_.finish() != sha256) {
    return broken("it was changed on the way");
  }
  if (single_) {
    if (auto written = single_->finish(); !written) {
      return written.error();
    }
  }
  for (const auto& folder : std::views::reverse(folders_)) {  // what was made in them changed their times
    const auto times = wire::times_of(folder.mtime_ns);
    UniqueFd file;
    if (folder.path.empty()) {
      file.reset(root_.release());
    } else if (auto place = place_of(folder.path)) {
      file.reset(::openat(place->folder(), place->name(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    }
    if (!file || ::fchmod(file.get(), folder.mode & harmless) != 0 ||
        ::futimens(file.get(), times.data()) != 0) {
      return broken("cannot set mode and time of {}: {}", host_path(folder.path), errno_text(errno));
    }
  }
  return std::move(notes_);
}

}  // namespace assay::program
