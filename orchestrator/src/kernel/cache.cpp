// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/cache.hpp"

#include "base/files.hpp"
#include "base/hash.hpp"
#include "kernel/tree.hpp"

#include <nlohmann/json.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <system_error>

namespace assay::kernel {
namespace {

using Json = nlohmann::ordered_json;

constexpr int manifest_format = 1;
constexpr const char* manifest_name = "manifest.json";
constexpr std::array file_names = {"image", "vmlinux", "config", "build.log", "System.map"};
constexpr const char* provenance_name = "provenance.json";
constexpr const char* gdb_script_name = "vmlinux-gdb.py";
/// The folder of a build with its own modules.
constexpr const char* modules_name = "modules";

/// The paths of a kernel that has these files.
Kernel kernel_in(const fs::path& folder, const std::string& id, const Json& manifest) {
  const auto& files = manifest.at("files");
  const auto path_of = [&](const char* name) { return files.contains(name) ? folder / name : fs::path(); };
  Kernel kernel;
  kernel.id = id;
  kernel.release = manifest.at("release").get<std::string>();
  kernel.image = path_of(file_names[0]);
  kernel.vmlinux = path_of(file_names[1]);
  kernel.config = path_of(file_names[2]);
  kernel.log = path_of(file_names[3]);
  kernel.system_map = path_of(file_names[4]);
  kernel.gdb_script = path_of(gdb_script_name);
  kernel.note = manifest.value("note", "");
  kernel.modules = manifest.value("modules", "");
  if (kernel.modules == modules_name) {
    kernel.modules = folder / modules_name;
  }
  kernel.provenance = path_of(provenance_name);
  return kernel;
}

/// Another one for any change of the file, also when somebody restores its time.
std::optional<std::string> stamp_of(const fs::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    return std::nullopt;
  }
  return fmt::format("{} {} {}.{:09}", status.st_ino, status.st_size, status.st_ctim.tv_sec,
                     status.st_ctim.tv_nsec);
}

Result<Json> manifest_entry(const fs::path& path) {
  auto digest = sha256_of_file(path);
  if (!digest) {
    return digest.error();
  }
  return Json{{"sha256", *digest}, {"stamp", stamp_of(path).value_or("")}};
}

bool leaves_folder(const fs::path& name) {
  return name.is_absolute() || std::ranges::find(name, "..") != name.end();
}

bool is_intact(const fs::path& path, const Json& entry) {
  const auto stamp = stamp_of(path);
  if (!stamp) {
    return false;
  }
  if (entry.value("stamp", "") == *stamp) {
    return true;
  }
  const auto digest = sha256_of_file(path);
  return digest && entry.at("sha256") == *digest;
}

Status copy_to(const fs::path& from, const fs::path& to) {
  auto made = make_directories(to.parent_path());
  return made ? duplicate_file(from, to) : made;
}

/// Without the links to source and build. The names of the files, from `folder`.
Result<std::vector<std::string>> copy_modules(const fs::path& modules, const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (auto entry = fs::recursive_directory_iterator(modules, error);
       !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (entry->is_symlink(error) || !entry->is_regular_file(error)) {
      continue;
    }
    const auto name = modules_name / entry->path().lexically_relative(modules);
    if (auto copied = copy_to(entry->path(), folder / name); !copied) {
      return copied.error();
    }
    names.push_back(name.generic_string());
  }
  return error ? Result<std::vector<std::string>>(fail(Failure::infrastructure, "cannot read folder {}: {}",
                                                       modules.string(), error.message()))
               : names;
}

Result<Json> write_files(const fs::path& folder, const Artefacts& artefacts) {
  const std::array sources = {artefacts.image, artefacts.vmlinux, artefacts.config, artefacts.log,
                              artefacts.system_map};
  std::vector<std::string> names = {provenance_name};
  if (auto written = write_file(folder / provenance_name, artefacts.provenance); !written) {
    return written.error();
  }
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (sources.at(i).empty()) {
      continue;
    }
    names.emplace_back(file_names.at(i));
    if (auto copied = duplicate_file(sources.at(i), folder / names.back()); !copied) {
      return copied.error();
    }
  }
  if (artefacts.own_modules && !artefacts.modules.empty()) {
    auto modules = copy_modules(artefacts.modules, folder);
    if (!modules) {
      return modules.error();
    }
    std::ranges::move(*modules, std::back_inserter(names));
  }
  for (const auto& script : artefacts.gdb_scripts) {
    if (auto copied = copy_to(artefacts.vmlinux.parent_path() / script, folder / script); !copied) {
      return copied.error();
    }
    names.push_back(script.generic_string());
  }
  Json files;
  for (const auto& name : names) {
    auto entry = manifest_entry(folder / name);
    if (!entry) {
      return entry.error();
    }
    files[name] = std::move(*entry);
  }
  return files;
}

}  // namespace

Status CacheLayout::prepare() const {
  for (const char* name : {"sources", "builds", "work", "logs", "locks"}) {
    if (auto made = make_directories(root_ / name); !made) {
      return made;
    }
  }
  return {};
}

Result<Kernel> store_kernel(const CacheLayout& layout, const std::string& id, const Artefacts& artefacts) {
  const auto place = layout.build(id);
  const fs::path unfinished = place.string() + ".unfinished";
  std::error_code error;
  fs::remove_all(unfinished, error);
  if (auto made = make_directories(unfinished); !made) {
    return made.error();
  }
  auto files = write_files(unfinished, artefacts);
  if (!files) {
    return files.error();
  }
  Json manifest = {{"format", manifest_format}, {"release", artefacts.release}, {"files", *files}};
  if (!artefacts.modules.empty()) {
    manifest["modules"] = artefacts.own_modules ? modules_name : artefacts.modules.string();
  }
  if (!artefacts.note.empty()) {
    manifest["note"] = artefacts.note;
  }
  if (auto written = write_file(unfinished / manifest_name, manifest.dump(2) + "\n"); !written) {
    return written.error();
  }
  fs::remove_all(place, error);
  fs::rename(unfinished, place, error);
  if (error) {
    return fail(Failure::infrastructure, "cannot move the finished kernel to {}: {}", place.string(),
                error.message());
  }
  return kernel_in(place, id, manifest);
}

std::optional<Kernel> load_kernel(const CacheLayout& layout, const std::string& id) {
  const auto folder = layout.build(id);
  const auto text = read_file(folder / manifest_name);
  if (!text) {
    return std::nullopt;
  }
  try {
    const auto manifest = Json::parse(*text);
    if (manifest.at("format") != manifest_format) {
      return std::nullopt;
    }
    const auto& files = manifest.at("files");
    if (!files.contains(file_names.front()) || !files.contains(provenance_name)) {
      return std::nullopt;
    }
    for (const auto& [name, entry] : files.items()) {
      if (leaves_folder(name) || !is_intact(folder / name, entry)) {
        return std::nullopt;
      }
    }
    return kernel_in(folder, id, manifest);
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;  // a damaged manifest is none
  }
}

}  // namespace assay::kernel
