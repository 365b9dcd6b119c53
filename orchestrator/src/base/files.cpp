// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/files.hpp"

#include "base/random_name.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace assay {

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

Result<std::string> read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream content;
  if (!in || (in.peek() != std::ifstream::traits_type::eof() && !(content << in.rdbuf()))) {
    return fail(Failure::infrastructure, "cannot read {}: {}", path.string(), errno_text(errno));
  }
  return std::move(content).str();
}

Status write_file(const fs::path& path, std::string_view content) {
  constexpr unsigned new_mode = 0666;  // less what the umask takes
  const auto temporary = path.string() + "." + random_name();
  UniqueFd fd(::open(temporary.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, new_mode));
  const auto failed = [&](const char* what) {
    const int error = errno;
    ::unlink(temporary.c_str());
    return fail(Failure::infrastructure, "cannot {} {} ({}): {}", what, path.string(),
                human(Bytes(content.size())), errno_text(error));
  };
  if (!fd) {
    return failed("create");
  }
  for (std::string_view rest = content; !rest.empty();) {
    const auto written = ::write(fd.get(), rest.data(), rest.size());
    if (written < 0) {
      if (errno == EINTR) {
        continue;
      }
      return failed("write");
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    return failed("replace");
  }
  return {};
}

Status make_directories(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) {
    return fail(Failure::infrastructure, "cannot create folder {}: {}", path.string(), error.message());
  }
  return {};
}

Result<std::optional<FileLock>> FileLock::try_acquire(const fs::path& path) {
  constexpr auto flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
  UniqueFd fd(::open(path.c_str(), flags, 0644));
  if (!fd && errno == ENOENT) {  // its folder went
    if (auto made = make_directories(path.parent_path()); !made) {
      return made.error();
    }
    fd.reset(::open(path.c_str(), flags, 0644));
  }
  if (!fd) {
    return fail(Failure::infrastructure, "cannot open lock {}: {}", path.string(), errno_text(errno));
  }
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      return std::optional<FileLock>();
    }
    return fail(Failure::infrastructure, "cannot lock {}: {}", path.string(), errno_text(errno));
  }
  return std::optional(FileLock(std::move(fd)));
}

fs::path cache_directory() {
  if (const char* xdg = std::getenv("XDG_CACHE_HOME"); xdg != nullptr && *xdg == '/') {
    return fs::path(xdg) / "assay";
  }
  const char* home = std::getenv("HOME");
  return fs::path(home != nullptr && *home != '\0' ? home : "/root") / ".cache" / "assay";
}

Result<Bytes> free_space(const fs::path& path) {
  std::error_code error;
  fs::path existing = fs::absolute(path, error);
  while (!existing.empty() && !fs::exists(existing, error)) {
    if (existing == existing.parent_path()) {
      break;
    }
    existing = existing.parent_path();
  }
  const auto space = fs::space(existing, error);
  if (error) {
    return fail(Failure::infrastructure, "cannot measure free space at {}: {}", existing.string(),
                error.message());
  }
  return Bytes(space.available);
}

}  // namespace assay
