// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/embedded_root.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace assay::machine {
namespace {

/// What libvirt's defaults would ask of the host and an embedded driver cannot have: virtlogd, AppArmor,
/// namespaces, cgroups, other owners for our files.
constexpr const char* driver_configuration = R"(stdio_handler = "file"
security_driver = "none"
namespaces = []
cgroup_controllers = []
dynamic_ownership = 0
remember_owner = 0
max_core = 0
)";

std::string configuration() {
  std::string text = driver_configuration;
  if (::geteuid() == 0) {
    text += "user = \"root\"\ngroup = \"root\"\n";
  }
  return text;
}

constexpr const char* lock_name = "assay.lock";

/// Of the folder that holds ours: sockets have paths of at most 107 letters.
constexpr std::size_t longest_parent = 32;

/// All processes, not only those with a pid file in `root`: one that was killed early has none yet.
std::vector<int> kill_qemus(const fs::path& root) {
  std::vector<int> killed;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    const auto name = entry.path().filename().string();
    int pid = 0;
    const auto [end, wrong] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (wrong == std::errc{} && *end == '\0' && is_qemu_of(pid, root) && ::kill(pid, SIGKILL) == 0) {
      killed.push_back(pid);
    }
  }
  return killed;
}

/// Whether a lock that was taken is still the one that others find: the file may have been made anew
/// meanwhile.
bool is_taken(const fs::path& path) {
  std::error_code error;
  const auto again =
      fs::exists(path, error) ? FileLock::try_acquire(path) : Result<std::optional<FileLock>>(Error());
  return again && !*again;
}

/// A new folder with its lock held; nothing when a sweep of another process took it for a dead one's in the
/// moment before it was locked.
Result<std::optional<std::pair<fs::path, FileLock>>> locked_folder(const fs::path& parent) {
  std::string name = (parent / "XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    return fail(Failure::infrastructure, "cannot create a folder in {}: {}", parent.string(),
                errno_text(errno));
  }
  fs::path path(name);
  auto lock = FileLock::try_acquire(path / lock_name);
  std::error_code error;
  if (!lock && fs::exists(path, error)) {
    return lock.error();
  }
  if (!lock || !*lock || !is_taken(path / lock_name)) {
    return std::nullopt;
  }
  return std::pair(std::move(path), std::move(**lock));
}

/// The lock goes last, so that a folder without it is empty, whenever this is killed: another process that
/// finds it can tell it from one in use.
void remove_folder(const fs::path& folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().filename() != lock_name) {
      fs::remove_all(entry.path(), error);
    }
  }
  fs::remove(folder / lock_name, error);
  fs::remove(folder, error);  // stays when somebody took it just now, with a new lock
}

/// Whether a folder holds nothing but what libvirt and we put there.
bool looks_like_ours(const fs::path& folder) {
  constexpr std::array<std::string_view, 8> known{lock_name,     "etc", "cache", "lib",
                                                  "libvirt.log", "log", "run",   "s"};
  std::error_code error;
  const fs::directory_iterator entries(folder, error);
  return !error && std::all_of(begin(entries), end(entries), [&](const fs::directory_entry& entry) {
    return std::ranges::count(known, entry.path().filename().string()) != 0;
  });
}

bool is_ours_alone(const fs::path& folder) {
  struct stat found{};
  return ::lstat(folder.c_str(), &found) == 0 && S_ISDIR(found.st_mode) && found.st_uid == ::geteuid() &&
         (found.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/// Nobody else may have made the folder, or may make anything in it: what lies there is believed.
Status claim(const fs::path& folder) {
  const auto refused = [&](const std::string& why) {
    return fail(Failure::infrastructure,
                "cannot use {}: {}; set TMPDIR to a folder of your own, of at most {} letters",
                folder.string(), why, longest_parent);
  };
  if (auto made = make_directories(folder.parent_path()); !made) {
    return made;
  }
  if (::mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    return fail(Failure::infrastructure, "cannot create folder {}: {}", folder.string(), errno_text(errno));
  }
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat found{};
  if (!fd) {
    return refused(fs::is_symlink(folder) ? "it is a symbolic link" : errno_text(errno));
  }
  if (::fstat(fd.get(), &found) != 0) {
    return refused(errno_text(errno));
  }
  if (found.st_uid != ::geteuid()) {
    return refused(fmt::format("it belongs to user {}", found.st_uid));
  }
  const bool is_private = (found.st_mode & (S_IRWXG | S_IRWXO)) == 0;
  return is_private || ::fchmod(fd.get(), S_IRWXU) == 0 ? Status() : refused(errno_text(errno));
}

}  // namespace

bool is_qemu_of(int pid, const fs::path& root) {
  const auto command_line = read_file(fmt::format("/proc/{}/cmdline", pid));
  if (!command_line) {
    return false;
  }
  const fs::path program(command_line->substr(0, command_line->find('\0')));
  return program.filename().string().starts_with("qemu-system-") &&
         command_line->find(root.string() + "/") != std::string::npos;
}

fs::path default_state_directory() {
  const auto usable = [](const char* name) {
    const char* value = std::getenv(name);
    std::error_code error;
    const bool is_usable = value != nullptr && *value == '/' &&
                           std::string_view(value).size() <= longest_parent && fs::is_directory(value, error);
    return is_usable ? fs::path(value) : fs::path();
  };
  if (const auto runtime = usable("XDG_RUNTIME_DIR"); !runtime.empty()) {
    return runtime / "assay";
  }
  const auto temporary = usable("TMPDIR");
  return (temporary.empty() ? fs::path("/tmp") : temporary) / fmt::format("assay-{}", ::geteuid());
}

Result<std::unique_ptr<EmbeddedRoot>> EmbeddedRoot::create(const fs::path& parent, const fs::path& cache) {
  const auto capabilities = cache / "capabilities";
  if (auto made = make_directories(capabilities); !made) {
    return made.error();
  }
  if (auto claimed = claim(parent); !claimed) {
    return claimed.error();
  }
  std::optional<std::pair<fs::path, FileLock>> folder;
  constexpr int attempts = 10;
  for (int attempt = 0; attempt < attempts && !folder; ++attempt) {
    auto made = locked_folder(parent);
    if (!made) {
      return made.error();
    }
    folder = std::move(*made);
  }
  if (!folder) {
    return fail(Failure::infrastructure, "cannot lock a new folder in {}", parent.string());
  }
  const fs::path path = folder->first;
  std::unique_ptr<EmbeddedRoot> root(new EmbeddedRoot(path, std::move(folder->second)));
  for (const auto& needed : {path / "etc", path / "cache/qemu", root->sockets_}) {
    if (auto made = make_directories(needed); !made) {
      return made.error();
    }
  }
  std::error_code error;
  fs::create_directory_symlink(capabilities, path / "cache/qemu/capabilities", error);
  if (error) {
    return fail(Failure::infrastructure, "cannot link {} into {}: {}", capabilities.string(), path.string(),
                error.message());
  }
  if (auto written = write_file(path / "etc/qemu.conf", configuration()); !written) {
    return written.error();
  }
  return root;
}

EmbeddedRoot::EmbeddedRoot(fs::path path, FileLock lock)
    : path_(std::move(path)), sockets_(path_ / "s"), lock_(std::move(lock)), owner_(::getpid()) {}

void EmbeddedRoot::kill_leftovers() const {
  for (const int pid : kill_qemus(path_)) {
    ::waitpid(pid, nullptr, 0);
  }
}

EmbeddedRoot::~EmbeddedRoot() {
  if (::getpid() != owner_) {
    return;
  }
  kill_leftovers();
  remove_folder(path_);
}

std::vector<int> sweep_orphans(const fs::path& parent) {
  std::vector<int> killed;
  std::error_code error;
  // Nothing is done in a folder that others may change; create() says so.
  for (const auto& entry : fs::directory_iterator(is_ours_alone(parent) ? parent : fs::path(), error)) {
    if (!fs::is_directory(entry.symlink_status(error)) || !looks_like_ours(entry.path())) {
      continue;
    }
    // Made when it is not there: whoever is making the folder right now finds it taken, and makes another.
    const auto lock = FileLock::try_acquire(entry.path() / lock_name);
    if (lock && *lock && is_taken(entry.path() / lock_name)) {
      const auto pids = kill_qemus(entry.path());
      killed.insert(killed.end(), pids.begin(), pids.end());
      remove_folder(entry.path());
    }
  }
  return killed;
}

}  // namespace assay::machine
