// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/try_tree.hpp"

#include "base/files.hpp"
#include "base/hash.hpp"
#include "experiment/catalogue.hpp"
#include "experiment/load.hpp"
#include "kernel/config.hpp"
#include "kernel/source.hpp"
#include "kernel/source_git.hpp"
#include "kernel/toolchain.hpp"
#include "kernel/variant.hpp"
#include "kernel/variant_load.hpp"
#include "run/tried_files.hpp"
#include "series/patch.hpp"
#include "series/series.hpp"

#include <cstdlib>
#include <set>
#include <string_view>
#include <utility>

namespace assay::run {
namespace {

/// What the variant that the kernels are configured like is configured with.
Result<std::string> configuration_of(const Places& places, const std::string& like, Arch arch) {
  const auto variant = kernel::load_variant(places.images, like, arch);
  if (!variant) {
    return variant.error();
  }
  if (variant->source.kind == kernel::SourceKind::prebuilt) {
    return fail(Failure::usage,
                "--like {}: a prebuilt kernel has no configuration that another could be given", like);
  }
  std::string text;
  if (!variant->config.empty()) {
    text += fmt::format("config = {}\n", toml_string(fs::absolute(variant->config).string()));
  }
  std::vector<std::string> fragments;
  for (const auto& fragment : kernel::all_fragments(*variant)) {
    fragments.push_back(fs::absolute(fragment).string());
  }
  return text + fmt::format("fragments = {}\n", toml_list(fragments));
}

/// "[arch.NAME]" for each architecture of `like`.
Result<std::string> configured_like(const Places& places, const std::string& like) {
  const auto arches = kernel::arches_of(places.images, like);
  if (!arches) {
    return arches.error();
  }
  std::string text;
  for (const auto arch : *arches) {
    const auto configuration = configuration_of(places, like, arch);
    if (!configuration) {
      return configuration.error();
    }
    text += fmt::format("[arch.{}]\n{}", name_of(arch), *configuration);
  }
  return text;
}

/// The .config that was meant: a file, the folder of a build, or, where none is named, the one that make
/// would find for the tree.
fs::path config_place(const std::string& wish, const fs::path& tree) {
  if (!wish.empty()) {
    return fs::is_directory(wish) ? fs::path(wish) / ".config" : fs::path(wish);
  }
  const char* output = std::getenv("KBUILD_OUTPUT");
  return (output == nullptr || *output == '\0' ? tree : tree / output) / ".config";
}

/// "[arch.NAME]" for the one architecture that a .config is for, with what a guest needs laid over it.
Result<std::string> configured_by(const Places& places, const fs::path& config) {
  const auto text = read_file(config);
  if (!text) {
    return Error(Failure::usage, text.error().text());
  }
  const auto options = kernel::parse_config(config.string(), *text);
  if (!options) {
    return options.error();
  }
  for (const auto& [arch, option] :
       {std::pair(Arch::x86_64, "CONFIG_X86_64"), std::pair(Arch::sparc64, "CONFIG_SPARC64")}) {
    if (!options->contains(option)) {
      continue;
    }
    std::vector<std::string> fragments;
    for (const auto& name : {std::string("guest"), fmt::format("guest-{}", name_of(arch))}) {
      fragments.push_back((fs::absolute(places.images) / "kernels/configs" / (name + ".config")).string());
    }
    return fmt::format("[arch.{}]\nconfig = {}\nfragments = {}\n", name_of(arch),
                       toml_string(fs::absolute(config).string()), toml_list(fragments));
  }
  return fail(Failure::usage,
              "{} is for neither x86_64 nor sparc64: it has no CONFIG_X86_64 and no CONFIG_SPARC64",
              config.string());
}

/// What there is to try, with everything that can be wrong found before the tree is hashed.
struct Trial {
  experiment::Experiment experiment;
  std::vector<std::string> files;  ///< that a tree has which the experiment's machines can boot
  std::string configuration;       ///< of both kernels, as it stands in their variant files
  std::string series;              ///< of the head; "" for none
  fs::path tree;
};

/// The series as the variant file of the head has it. Read here only to know that it can be.
Result<std::string> series_lines(const TreeWish& wish) {
  series::SeriesWish revision;
  std::string version;
  if (!wish.series_version.empty()) {
    revision.version = series::parse_revision(wish.series_version);
    if (!revision.version) {
      return fail(Failure::usage, "--series-version {} is no version, as 2 or 2.1 are", wish.series_version);
    }
    version = fmt::format("series_version = {}\n", toml_string(revision.version->text()));
  }
  std::vector<std::string> places;
  for (const auto& place : wish.series) {
    const auto series = series::read_series(place, revision);
    if (!series) {
      return series.error();
    }
    for (const auto& patch : series->patches) {
      if (const auto files = series::parse_patch(patch.text); !files) {
        return fail(files.error().kind(), "cannot apply {}: {}", patch.where(), files.error().text());
      }
    }
    places.push_back(fs::absolute(place).string());
  }
  return fmt::format("series = {}\n{}", toml_list(places), version);
}

/// A folder of files, not of git's objects only.
Status check_folder(const fs::path& tree, const std::vector<std::string>& files) {
  if (!fs::exists(tree / "Makefile") && fs::exists(tree / "HEAD") && fs::is_directory(tree / "objects")) {
    return fail(Failure::usage,
                "{} is a bare git repository, which has no files: say which revision by --base",
                tree.string());
  }
  if (auto kernel = kernel::check_tree(tree, files); !kernel) {
    return fail(Failure::usage, "{} is no kernel tree: {}", tree.string(), kernel.error().text());
  }
  return {};
}

Task<Result<kernel::SourceInput>> find_kernel_at(const Trial& trial, std::string revision) {
  auto source = co_await kernel::find_revision(trial.tree, revision);
  if (!source) {
    co_return source;
  }
  auto input = *source;
  auto kernel = co_await kernel::check_revision(std::move(input), trial.files);
  if (!kernel) {
    co_return fail(Failure::usage, "{} of {} is no kernel tree: {}", revision, trial.tree.string(),
                   kernel.error().text());
  }
  co_return source;
}

/// A kernel that stands alone: the tree, or one revision of it.
Task<Result<TriedFile>> written_source(const Places& places, const Trial& trial, bool whole, std::string name,
                                       std::string revision) {
  // Another commit is HEAD tomorrow, and the tree is another when somebody goes on working in it.
  Result<kernel::SourceInput> source = Error();
  if (revision.empty()) {
    source = co_await kernel::freeze_directory(trial.tree, places.kernels(), whole);
  } else {
    source = co_await find_kernel_at(trial, revision);
  }
  if (!source) {
    co_return source.error();
  }
  const auto what = revision.empty() ? "as it was" : revision;
  const auto& place = revision.empty() ? source->path : trial.tree;
  co_return TriedFile{
      std::move(name),
      fmt::format("summary = {}\n[source]\ngit = {}\nrevision = {}\n{}",
                  toml_string(fmt::format("{}, {}", trial.tree.string(), what)), toml_string(place.string()),
                  toml_string(source->commit), trial.configuration)};
}

/// What is tried: one or two kernels, the head last.
Task<Result<std::vector<TriedFile>>> written_variants(const Places& places, const TreeWish& wish,
                                                      const Trial& trial) {
  const bool whole = wish.config.has_value();
  std::vector<TriedFile> files;
  if (wish.rev.empty()) {
    auto base = co_await written_source(places, trial, whole, "base", wish.base);
    if (!base) {
      co_return base.error();
    }
    files.push_back(std::move(*base));
  }
  if (!trial.series.empty()) {
    files.push_back({"head", "extends = \"base\"\n" + trial.series});
    co_return files;
  }
  auto head = co_await written_source(places, trial, whole, "head", wish.rev.empty() ? wish.head : wish.rev);
  if (!head) {
    co_return head.error();
  }
  files.push_back(std::move(*head));
  co_return files;
}

Status check(const TreeWish& wish) {
  const bool two_revisions = !wish.head.empty();
  const int ways = static_cast<int>(!wish.rev.empty()) + static_cast<int>(!wish.series.empty()) +
                   static_cast<int>(two_revisions);
  if (ways != 1) {
    return fail(
        Failure::usage,
        "what shall be tried? Give one of --series FILE (on the tree, or on --base REV), --base REV with "
        "--head REV, or --rev REV");
  }
  if (two_revisions && wish.base.empty()) {
    return fail(Failure::usage, "--head {} against what? Add --base REV", wish.head);
  }
  if (!wish.series_version.empty() && wish.series.empty()) {
    return fail(Failure::usage,
                "--series-version chooses among the revisions of a --series, and there is none");
  }
  if (!wish.rev.empty() && !wish.base.empty()) {
    return fail(Failure::usage, "--rev tries one kernel; for two give --base and --head");
  }
  return {};
}

/// An experiment with two sides.
Task<Result<experiment::Experiment>> loaded_experiment(const Places& places, std::string experiment) {
  auto catalogue = co_await experiment::ask_agent(places.agent);
  if (!catalogue) {
    co_return catalogue.error();
  }
  auto loaded = experiment::load_experiment(experiment, places.experiments, *catalogue);
  if (loaded && loaded->variants.size() != 2) {
    co_return fail(
        Failure::usage,
        "experiment {} has {} variants, and try stands in for two, before and after; use assay run "
        "--kernel NAME=VARIANT for each",
        loaded->name, loaded->variants.size());
  }
  co_return loaded;
}

/// All of a trial but its experiment.
Status describe_tree(const Places& places, const TreeWish& wish, Trial& trial) {
  std::error_code error;
  trial.tree = fs::canonical(wish.tree, error);
  if (error) {
    return fail(Failure::usage, "cannot find the tree {}: {}", wish.tree, error.message());
  }
  auto configuration = wish.config ? configured_by(places, config_place(*wish.config, trial.tree))
                                   : configured_like(places, wish.like);
  if (!configuration) {
    return configuration.error();
  }
  trial.configuration = std::move(*configuration);
  if (!wish.series.empty()) {
    auto series = series_lines(wish);
    if (!series) {
      return series.error();
    }
    trial.series = std::move(*series);
  }
  if (wish.rev.empty() && wish.base.empty()) {
    if (auto kernel = check_folder(trial.tree, trial.files); !kernel) {
      return kernel.error();
    }
  }
  return {};
}

Task<Result<Trial>> prepare_trial(const Places& places, const TreeWish& wish) {
  Trial trial;
  auto experiment = co_await loaded_experiment(places, wish.experiment);
  if (!experiment) {
    co_return experiment.error();
  }
  trial.experiment = std::move(*experiment);
  std::set<std::string> needed;
  for (const auto& machine : trial.experiment.machines) {
    const auto files = kernel::kernel_files(machine.arch);
    needed.insert(files.begin(), files.end());
  }
  trial.files.assign(needed.begin(), needed.end());
  if (auto filled = describe_tree(places, wish, trial); !filled) {
    co_return filled.error();
  }
  co_return trial;
}

/// The head replaces the experiment's last variant, the base its first.
std::vector<std::string> kernels_for(const experiment::Experiment& experiment,
                                     const std::vector<TriedFile>& files, const fs::path& folder) {
  std::vector<std::string> kernels;
  for (const auto& file : files) {
    const auto& use = file.name == "head" ? experiment.variants.back() : experiment.variants.front();
    kernels.push_back(fmt::format("{}={}", use.name, (folder / (file.name + ".toml")).string()));
  }
  return kernels;
}

}  // namespace

Task<Result<TriedKernels>> write_tried_kernels(Places places, TreeWish wish) {
  if (auto right = check(wish); !right) {
    co_return right.error();
  }
  auto trial = co_await prepare_trial(places, wish);
  if (!trial) {
    co_return trial.error();
  }
  auto files = co_await written_variants(places, wish, *trial);
  if (!files) {
    co_return files.error();
  }
  auto folder = keep_tried(places, *files);
  if (!folder) {
    co_return folder.error();
  }
  co_return TriedKernels{kernels_for(trial->experiment, *files, *folder), trial->experiment.variants.front()};
}

Task<Result<std::vector<std::string>>> write_tree_kernels(Places places, TreeWish wish) {
  const bool two = !wish.head.empty() || !wish.series.empty();
  if (auto right = two ? check(wish) : Status(); !right) {
    co_return right.error();
  }
  Trial trial;
  trial.files = kernel::kernel_files(Arch::x86_64);
  if (auto described = describe_tree(places, wish, trial); !described) {
    co_return described.error();
  }
  Result<std::vector<TriedFile>> files = Error();
  if (two) {
    files = co_await written_variants(places, wish, trial);
  } else {
    auto base = co_await written_source(places, trial, wish.config.has_value(), "base", wish.base);
    files = base ? Result<std::vector<TriedFile>>(std::vector<TriedFile>{*base}) : base.error();
  }
  if (!files) {
    co_return files.error();
  }
  auto folder = keep_tried(places, *files);
  if (!folder) {
    co_return folder.error();
  }
  std::vector<std::string> kernels;
  for (const auto& file : *files) {
    kernels.push_back((*folder / (file.name + ".toml")).string());
  }
  co_return kernels;
}

}  // namespace assay::run
