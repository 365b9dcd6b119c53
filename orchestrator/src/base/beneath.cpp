// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/beneath.hpp"

#include "base/text.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>

namespace assay {
namespace {

constexpr int folder_flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
constexpr unsigned folder_mode = 0777;  // less what the umask takes

Error why_no_folder(int folder, const std::string& name, const std::filesystem::path& path, int error) {
  struct stat found{};
  const bool is_there = ::fstatat(folder, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0;
  if (is_there && S_ISLNK(found.st_mode)) {
    return fail(Failure::usage, "cannot open folder {}: it is a symbolic link, which is not followed there",
                printable(path.string()));
  }
  return fail(is_there ? Failure::usage : Failure::infrastructure, "cannot open folder {}: {}",
              printable(path.string()), errno_text(error));
}

}  // namespace

Result<UniqueFd> open_beneath(const std::filesystem::path& root, const std::filesystem::path& below,
                              Missing missing) {
  UniqueFd folder(::open(root.c_str(), folder_flags));
  if (!folder) {
    return fail(Failure::infrastructure, "cannot open folder {}: {}", root.string(), errno_text(errno));
  }
  auto path = root;
  for (const auto& part : below) {
    const auto name = part.string();
    path /= part;
    if (name == "..") {
      return fail(Failure::usage, "cannot open folder {}: it leads out of {}", printable(path.string()),
                  root.string());
    }
    if (missing == Missing::is_made && ::mkdirat(folder.get(), name.c_str(), folder_mode) != 0 &&
        errno != EEXIST) {
      return fail(Failure::infrastructure, "cannot create folder {}: {}", printable(path.string()),
                  errno_text(errno));
    }
    UniqueFd next(::openat(folder.get(), name.c_str(), folder_flags | O_NOFOLLOW));
    if (!next) {
      return why_no_folder(folder.get(), name, path, errno);
    }
    folder = std::move(next);
  }
  return folder;
}

}  // namespace assay
