// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/embedded_root.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
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
  if (!lock || !*lock || !fs::exists(path / lock_name, error)) {
    return std::nullopt;
  }
  return std::pair(std::move(path), std::move(**lock));
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
  constexpr std::size_t longest = 32;
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  std::error_code error;
  if (runtime != nullptr && std::string_view(runtime).size() <= longest && fs::is_directory(runtime, error)) {
    return fs::path(runtime) / "assay";
  }
  return fmt::format("/tmp/assay-{}", ::geteuid());
}

Result<std::unique_ptr<EmbeddedRoot>> EmbeddedRoot::create(const fs::path& parent, const fs::path& cache) {
  const auto capabilities = cache / "capabilities";
  if (auto made = make_directories(capabilities); !made) {
    return made.error();
  }
  if (auto made = make_directories(parent); !made) {
    return made.error();
  }
  struct stat owner{};
  if (::stat(parent.c_str(), &owner) != 0 || owner.st_uid != ::geteuid()) {
    return fail(Failure::infrastructure, "cannot use {}: it belongs to another user", parent.string());
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
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::vector<int> sweep_orphans(const fs::path& parent) {
  std::vector<int> killed;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(parent, error)) {
    // A folder without its lock file is being made right now: the lock comes first.
    if (!fs::exists(entry.path() / lock_name, error)) {
      continue;
    }
    const auto lock = FileLock::try_acquire(entry.path() / lock_name);
    if (lock && *lock) {
      const auto pids = kill_qemus(entry.path());
      killed.insert(killed.end(), pids.begin(), pids.end());
      fs::remove_all(entry.path(), error);
    }
  }
  return killed;
}

}  // namespace assay::machine
