// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/identity.hpp"

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "kernel/left_out.hpp"
#include "kernel/source_find.hpp"
#include "series/patch.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace assay::kernel {
namespace {

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

/// UTF-8 stays readable; what is none becomes \\xNN.
std::string as_json_text(const std::string& text) {
  try {
    (void)nlohmann::json(text).dump();
    return text;
  } catch (const nlohmann::json::exception&) {
    return printable(text);
  }
}

/// What is in the tree may change the kernel, whatever it is called: make includes files, and .incbin takes
/// any.
bool changes_nothing_unpacked(const series::SeriesPatch& patch) {
  const auto files = series::parse_patch(patch.text);
  return files && std::all_of(files->begin(), files->end(), [](const series::FilePatch& file) {
           return (file.old_path.empty() || is_left_out(file.old_path)) &&
                  (file.new_path.empty() || is_left_out(file.new_path));
         });
}

std::vector<PatchInput> hashed(const std::vector<series::SeriesPatch>& series, bool whole) {
  std::vector<PatchInput> patches;
  for (const auto& patch : series) {
    patches.push_back({patch.file.string(), patch.subject, sha256(patch.text), patch.reverse,
                       !whole && changes_nothing_unpacked(patch)});
  }
  return patches;
}

nlohmann::ordered_json patches_json(const std::vector<PatchInput>& patches) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& patch : patches) {
    nlohmann::ordered_json entry = {{"file", printable(patch.file)}, {"sha256", patch.sha256}};
    if (!patch.subject.empty()) {
      entry["subject"] = as_json_text(patch.subject);
    }
    if (patch.reverse) {
      entry["reverse"] = true;
    }
    list.push_back(std::move(entry));
  }
  return list;
}

nlohmann::ordered_json source_json(const Variant& variant, const SourceInput& source) {
  nlohmann::ordered_json json;
  switch (source.kind) {
    case SourceKind::debian:
      json["package"] = printable(variant.source.where);
      break;
    case SourceKind::directory:
      json["directory"] = printable(variant.source.where);
      break;
    case SourceKind::git:
      json["git"] = printable(variant.source.where);
      json["revision"] = printable(variant.source.revision);
      json["commit"] = source.commit;
      break;
    case SourceKind::tarball:
      break;
    case SourceKind::prebuilt:
      json["prebuilt"] = true;
      break;
  }
  if (source.tree.empty()) {
    json["file"] = printable(source.path.string());
  } else {
    json["tree"] = source.tree;
  }
  json["sha256"] = source.sha256;
  return json;
}

nlohmann::ordered_json files_json(const std::vector<HashedFile>& files) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& file : files) {
    list.push_back({{"file", printable(file.path.string())}, {"sha256", file.sha256}});
  }
  return list;
}

/// These kernels have more to them since they are built with their modules.
bool asks_for_modules(const Inputs& inputs) {
  const auto asked = overlaid(inputs.start, inputs.options);
  return std::ranges::any_of(asked, [](const auto& option) { return option.second == "m"; });
}

}  // namespace

std::string identity_of(const Inputs& inputs) {
  Hasher hasher;
  hasher.add("recipe", std::to_string(recipe_version));
  hasher.add("arch", name_of(inputs.arch));
  hasher.add("source", inputs.source.sha256);
  for (const auto& patch : inputs.patches) {
    if (patch.is_left_out) {
      continue;
    }
    hasher.add(patch.reverse ? "patch taken back" : "patch", patch.sha256);
  }
  if (!inputs.start.empty()) {
    hasher.add("start", config_text(inputs.start));
  }
  hasher.add("config", config_text(inputs.options));
  hasher.add("compiler", inputs.compiler_version);
  if (asks_for_modules(inputs)) {
    hasher.add("modules", "built");
  }
  return hasher.finish();
}

Task<Result<Inputs>> gather_inputs(Variant variant, BuilderOptions options) {
  Inputs inputs;
  inputs.arch = variant.arch;
  auto source = co_await find_source(variant, options);
  if (!source) {
    co_return source.error();
  }
  inputs.source = std::move(*source);
  if (inputs.source.kind == SourceKind::prebuilt) {
    co_return inputs;
  }
  auto files = all_fragments(variant);
  auto merged = merge_fragments(files);
  if (!merged) {
    co_return merged.error();
  }
  inputs.options = std::move(*merged);
  inputs.patches = hashed(variant.patches, inputs.source.whole);
  if (!variant.config.empty()) {
    auto start = merge_fragments({variant.config});
    if (!start) {
      co_return start.error();
    }
    inputs.start = std::move(*start);
    files.insert(files.begin(), variant.config);
  }
  auto fragments = hashed(files);
  if (!fragments) {
    co_return fragments.error();
  }
  inputs.fragments = std::move(*fragments);
  inputs.compiler = compiler_for(inputs.start, inputs.options);
  auto version = co_await compiler_version(inputs.arch, inputs.compiler);
  if (!version) {
    co_return version.error();
  }
  inputs.compiler_version = std::move(*version);
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
  json["source"] = source_json(variant, inputs.source);
  json["patches"] = patches_json(inputs.patches);
  json["config"] = files_json(inputs.fragments);
  json["compiler"] = printable(inputs.compiler_version);
  json["recipe"] = recipe_version;
  return json.dump(2) + "\n";
}

}  // namespace assay::kernel
