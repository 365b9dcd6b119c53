// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/embedded_root.hpp"

#include <sys/stat.h>
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

std::optional<int> pid_in(const fs::path& file) {
  const auto text = read_file(file);
  int pid = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), pid).ec != std::errc{} ||
      pid <= 1) {
    return std::nullopt;
  }
  return pid;
}

void kill_qemus(const fs::path& root, std::vector<int>& killed) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(root / "run/qemu", error)) {
    if (entry.path().extension() != ".pid") {
      continue;
    }
    const auto pid = pid_in(entry.path());
    if (pid && is_qemu_of(*pid, root) && ::kill(*pid, SIGKILL) == 0) {
      killed.push_back(*pid);
    }
  }
}

}  // namespace

bool is_qemu_of(int pid, const fs::path& root) {
  const auto command_line = read_file(fmt::format("/proc/{}/cmdline", pid));
  return command_line && command_line->find("qemu") != std::string::npos &&
         command_line->find(root.string() + "/") != std::string::npos;
}

fs::path default_state_directory() {
  constexpr std::size_t longest = 40;
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
  std::string name = (parent / "XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    return fail(Failure::infrastructure, "cannot create a folder in {}: {}", parent.string(),
                errno_text(errno));
  }
  const fs::path path(name);
  auto lock = FileLock::try_acquire(path / "lock");
  if (!lock || !*lock) {
    return lock ? fail(Failure::infrastructure, "cannot lock {}", path.string()) : lock.error();
  }
  std::unique_ptr<EmbeddedRoot> root(new EmbeddedRoot(path, std::move(**lock)));
  for (const auto& folder : {path / "etc", path / "cache/qemu", root->sockets_}) {
    if (auto made = make_directories(folder); !made) {
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
    : path_(std::move(path)), sockets_(path_ / "s"), lock_(std::move(lock)) {}

EmbeddedRoot::~EmbeddedRoot() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::vector<int> sweep_orphans(const fs::path& parent) {
  std::vector<int> killed;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(parent, error)) {
    // A folder without its lock file is being made right now: the lock comes first.
    if (!fs::exists(entry.path() / "lock", error)) {
      continue;
    }
    const auto lock = FileLock::try_acquire(entry.path() / "lock");
    if (lock && *lock) {
      kill_qemus(entry.path(), killed);
      fs::remove_all(entry.path(), error);
    }
  }
  return killed;
}

}  // namespace assay::machine
