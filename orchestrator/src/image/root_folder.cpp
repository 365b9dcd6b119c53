// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/root_folder.hpp"

#include "base/files.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace assay::image {

Result<RootFolder> RootFolder::open(const fs::path& folder) {
  std::error_code error;
  auto real = fs::canonical(folder, error);
  UniqueFd fd(error ? -1 : ::open(real.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd) {
    return fail(Failure::usage, "cannot open the root {}: {}", folder.string(),
                error ? error.message() : errno_text(errno));
  }
  return RootFolder(std::move(real), std::move(fd));
}

Result<RootFolder::Found> RootFolder::find(const std::string& path) const {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT;
  const UniqueFd file(static_cast<int>(::syscall(SYS_openat2, fd_.get(), path.c_str(), &how, sizeof how)));
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0) {
    return Error(Failure::usage, errno_text(errno));
  }
  if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) {
    return Error(Failure::usage, "it is neither a file nor a folder");
  }
  std::error_code error;
  auto host = fs::read_symlink(fmt::format("/proc/self/fd/{}", file.get()), error);
  if (error) {
    return Error(Failure::usage, error.message());
  }
  auto inside = host.lexically_relative(folder_).string();
  return Found{inside == "." ? "/" : "/" + std::move(inside), std::move(host), S_ISDIR(status.st_mode)};
}

}  // namespace assay::image
