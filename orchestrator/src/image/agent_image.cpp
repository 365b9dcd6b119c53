// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/agent_image.hpp"

#include "base/files.hpp"
#include "base/hash.hpp"
#include "image/drivers.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace assay::image {
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

/// A name that differs when anything in the initramfs does.
Result<std::string> name_of(const std::string& agent_digest, const Content& content) {
  Hasher hasher;
  hasher.add("agent", agent_digest);
  hasher.add("layout", "2");
  hasher.add("modules", stamp_of(content.modules));
  if (!content.config.empty()) {
    if (auto added = hasher.add_file("config " + content.modules.release, content.config); !added) {
      return added.error();
    }
  }
  for (const auto& file : content.programs) {
    hasher.add(file.path, file.link.empty() ? stamp_of_file(file.host) : "link to " + file.link);
  }
  return hasher.finish();
}

/// What the archive holds beside the agent, and the note about what it does not.
Result<GuestModules> files_of(const Content& content) {
  auto modules = guest_modules(content.modules);
  if (!modules) {
    return modules;
  }
  if (!content.modules.folder.empty()) {
    auto drivers = guest_drivers(content.modules.folder);
    if (!drivers) {
      return drivers.error();
    }
    std::ranges::move(*drivers, std::back_inserter(modules->files));
  }
  if (!content.config.empty()) {
    auto config = read_file(content.config);
    if (!config) {
      return config.error();
    }
    modules->files.push_back({"boot/config-" + content.modules.release, std::move(*config)});
  }
  for (const auto& program : content.programs) {
    auto file = read_host_file(program);
    if (!file) {
      return file.error();
    }
    modules->files.push_back(std::move(*file));
  }
  return modules;
}

/// The note lies beside the archive, for those who find it packed.
fs::path note_of(const fs::path& archive) { return fs::path(archive).replace_extension(".note"); }

Result<std::string> pack(const fs::path& agent, const Content& content, const fs::path& archive) {
  auto files = files_of(content);
  if (!files) {
    return files.error();
  }
  if (!files->note.empty()) {
    if (auto noted = write_file(note_of(archive), files->note); !noted) {
      return noted.error();
    }
  }
  if (auto packed = pack_initramfs(agent, files->files, archive); !packed) {
    return packed.error();
  }
  return files->note;
}

}  // namespace

Result<AgentImage> agent_image(const AgentFiles& files, const Content& content) {
  if (!is_there(files.agent)) {
    return fail(Failure::infrastructure,
                "cannot find the agent for {} guests, {}: apt install g++-sparc64-linux-gnu "
                "libc6-dev-sparc64-cross, then ./dev build",
                assay::name_of(files.arch), files.agent.string());
  }
  auto digest = sha256_of_file(files.agent);
  if (!digest) {
    return digest.error();
  }
  auto name = name_of(*digest, content);
  if (!name) {
    return name.error();
  }
  AgentImage image{files.cache / (*name + ".cpio"), *digest, {}};
  if (auto made = make_directories(files.cache); !made) {
    return made.error();
  }
  std::error_code error;
  const auto now = fs::file_time_type::clock::now();
  if (fs::exists(image.initramfs, error)) {
    fs::last_write_time(image.initramfs, now, error);  // a cache that may only be read does as well
    if (auto note = read_file(note_of(image.initramfs))) {
      image.note = std::move(*note);
    }
    fs::last_write_time(note_of(image.initramfs), now, error);
    return image;
  }
  remove_unused(files.cache, now - initramfs_life);
  auto note = pack(files.agent, content, image.initramfs);
  if (!note) {
    return note.error();
  }
  image.note = std::move(*note);
  return image;
}

Content content_for(const kernel::Kernel& kernel) { return {{kernel.modules, kernel.release, {}}, {}}; }

}  // namespace assay::image
