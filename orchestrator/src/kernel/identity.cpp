// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/identity.hpp"

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "kernel/toolchain.hpp"

#include <nlohmann/json.hpp>

#include <sys/stat.h>

namespace assay::kernel {
namespace {

/// Changes whenever the file does.
Result<std::string> stamp_of(const fs::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    return fail(Failure::infrastructure, "cannot read {}: {}", path.string(), errno_text(errno));
  }
  return fmt::format("{} {}.{:09}", status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

/// sha256sum in a process of its own: 150 MB would hold up everybody else.
Task<Result<std::string>> sha256_elsewhere(fs::path path) {
  Command command;
  command.argv = {"sha256sum", "--", path.string()};
  auto output = co_await output_of(std::move(command));
  if (!output) {
    co_return output.error();
  }
  co_return output->substr(0, output->find(' '));
}

Task<Result<std::string>> remembered_sha256(fs::path path, fs::path cache) {
  const auto stamp = stamp_of(path);
  if (!stamp) {
    co_return stamp.error();
  }
  const auto memory = cache / "hashes" / sha256(path.string());
  if (const auto known = read_file(memory)) {
    const auto lines = split(*known, '\n');
    if (lines.size() >= 2 && lines[0] == *stamp) {
      co_return std::string(lines[1]);
    }
  }
  auto digest = co_await sha256_elsewhere(path);
  if (!digest) {
    co_return digest.error();
  }
  // Worth remembering, not worth failing for.
  if (make_directories(memory.parent_path())) {
    (void)write_file(memory, *stamp + "\n" + *digest + "\n");
  }
  co_return *digest;
}

Result<std::vector<HashedFile>> hashed(const std::vector<fs::path>& paths) {
  std::vector<HashedFile> files;
  for (const auto& path : paths) {
    auto digest = sha256_of_file(path);
    if (!digest) {
      return digest.error();
    }
    files.push_back({path, std::move(*digest)});
  }
  return files;
}

nlohmann::ordered_json files_json(const std::vector<HashedFile>& files) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& file : files) {
    list.push_back({{"file", printable(file.path.string())}, {"sha256", file.sha256}});
  }
  return list;
}

}  // namespace

std::string identity_of(const Inputs& inputs) {
  Hasher hasher;
  hasher.add("recipe", std::to_string(recipe_version));
  hasher.add("arch", name_of(inputs.arch));
  hasher.add("source", inputs.source.sha256);
  for (const auto& patch : inputs.patches) {
    hasher.add("patch", patch.sha256);
  }
  hasher.add("config", config_text(inputs.options));
  hasher.add("compiler", inputs.compiler);
  return hasher.finish();
}

Task<Result<Inputs>> gather_inputs(Variant variant, BuilderOptions options) {
  Inputs inputs;
  inputs.arch = variant.arch;
  inputs.source.path = options.sources / (variant.debian_source + ".tar.xz");
  std::error_code ignored;
  if (!fs::is_regular_file(inputs.source.path, ignored)) {
    co_return fail(Failure::infrastructure, "cannot find the source of {}: there is no {} (package {})",
                   variant.name, inputs.source.path.string(), variant.debian_source);
  }
  auto merged = merge_fragments(variant.fragments);
  if (!merged) {
    co_return merged.error();
  }
  inputs.options = std::move(*merged);
  auto patches = hashed(variant.patches);
  if (!patches) {
    co_return patches.error();
  }
  inputs.patches = std::move(*patches);
  auto fragments = hashed(variant.fragments);
  if (!fragments) {
    co_return fragments.error();
  }
  inputs.fragments = std::move(*fragments);
  auto source = co_await remembered_sha256(inputs.source.path, options.cache);
  if (!source) {
    co_return source.error();
  }
  inputs.source.sha256 = std::move(*source);
  auto compiler = co_await compiler_version();
  if (!compiler) {
    co_return compiler.error();
  }
  inputs.compiler = std::move(*compiler);
  co_return inputs;
}

std::string provenance_text(const Variant& variant, const Inputs& inputs, const std::string& id,
                            const std::string& release) {
  nlohmann::ordered_json json;
  json["id"] = id;
  json["variant"] = printable(variant.name);
  json["extends"] = printable(variant.base);
  json["release"] = printable(release);
  json["arch"] = name_of(inputs.arch);
  json["source"] = {{"package", printable(variant.debian_source)},
                    {"file", printable(inputs.source.path.string())},
                    {"sha256", inputs.source.sha256}};
  json["patches"] = files_json(inputs.patches);
  json["config"] = files_json(inputs.fragments);
  json["compiler"] = printable(inputs.compiler);
  json["recipe"] = recipe_version;
  return json.dump(2) + "\n";
}

}  // namespace assay::kernel
