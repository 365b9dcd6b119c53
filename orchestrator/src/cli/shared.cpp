// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/output.hpp"
#include "cli/messages.hpp"
#include "cli/verb.hpp"
#include "kernel/initramfs.hpp"

#include <cerrno>
#include <cstdio>

namespace assay::cli {

Status make_results(const Places& places) {
  std::error_code error;
  if (fs::is_directory(places.results, error)) {
    return {};
  }
  auto made = make_directories(places.results);
  if (made) {
    tell(fmt::format("made the folder {} for results", shown(places.results)));
  }
  return made;
}

Result<std::unique_ptr<store::Store>> open_results(const Places& places) {
  if (auto made = make_results(places); !made) {
    return made.error();
  }
  return store::open_store(places.database());
}

Task<Result<std::unique_ptr<machine::Hypervisor>>> connect(const Globals& globals, const Places& places,
                                                           fs::path proof_kernel, fs::path proof_initramfs) {
  machine::LibvirtOptions options;
  options.uri = globals.connect;
  options.cache_directory = places.cache / "libvirt";
  options.proof_kernel = std::move(proof_kernel);
  options.proof_initramfs = std::move(proof_initramfs);
  if (auto made = make_directories(options.cache_directory); !made) {
    co_return made.error();
  }
  co_return co_await machine::connect_libvirt(std::move(options));
}

namespace {

int stdout_error = 0;  ///< the errno of the first print() that failed

}  // namespace

void print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() && stdout_error == 0) {
    stdout_error = errno;
  }
}

Status finish_stdout() {
  if (std::fflush(stdout) != 0 && stdout_error == 0) {
    stdout_error = errno;
  }
  if (stdout_error == EPIPE) {
    end_by_sigpipe();
  }
  if (stdout_error != 0 || std::ferror(stdout) != 0) {
    return fail(Failure::infrastructure, "cannot write stdout: {}",
                stdout_error != 0 ? errno_text(stdout_error) : "some of it is lost");
  }
  return {};
}

namespace {

/// Agents that were developed yesterday may run tomorrow; those of last month leave the cache.
constexpr auto initramfs_life = std::chrono::hours(24 * 30);

/// Removes files that were last asked for before `then`.
void remove_unused(const fs::path& folder, fs::file_time_type then) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.last_write_time(error) < then && !error) {
      fs::remove(entry.path(), error);
    }
  }
}

}  // namespace

Result<trial::AgentImage> agent_image(const Places& places, Arch arch, const fs::path& modules) {
  const auto agent = places.agent_for(arch);
  std::error_code error;
  if (!fs::exists(agent, error)) {
    return fail(Failure::infrastructure,
                "cannot find the agent for {} guests, {}: apt install g++-sparc64-linux-gnu "
                "libc6-dev-sparc64-cross, then ./dev build",
                name_of(arch), agent.string());
  }
  auto digest = sha256_of_file(agent);
  if (!digest) {
    return digest.error();
  }
  auto drivers = modules.empty() ? std::vector<kernel::Driver>() : kernel::guest_drivers(modules);
  if (!drivers) {
    return drivers.error();
  }
  Hasher hasher;
  hasher.add("agent", *digest);
  for (const auto& driver : *drivers) {
    hasher.add(driver.name, driver.content);
  }
  const auto folder = places.cache / "initramfs";
  trial::AgentImage image{folder / (hasher.finish() + ".cpio"), *digest};
  if (auto made = make_directories(folder); !made) {
    return made.error();
  }
  const auto now = fs::file_time_type::clock::now();
  fs::last_write_time(image.initramfs, now, error);
  if (error) {
    remove_unused(folder, now - initramfs_life);
    if (auto packed = kernel::pack_initramfs(agent, *drivers, image.initramfs); !packed) {
      return packed.error();
    }
  }
  return image;
}

}  // namespace assay::cli
