// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "cli/messages.hpp"
#include "cli/run_options.hpp"
#include "cli/surroundings.hpp"
#include "cli/values.hpp"
#include "cli/verb.hpp"
#include "experiment/catalogue.hpp"
#include "experiment/load.hpp"
#include "kernel/config.hpp"
#include "kernel/source.hpp"
#include "kernel/source_git.hpp"
#include "kernel/toolchain.hpp"
#include "kernel/variant.hpp"
#include "kernel/variant_load.hpp"
#include "series/patch.hpp"
#include "series/series.hpp"

#include <cstdlib>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace assay::cli {
namespace {

struct TryOptions {
  std::string tree = ".";
  std::string base;  ///< revisions; "" for the tree as it lies there
  std::string head;
  std::string rev;
  std::vector<std::string> series;
  std::string series_version;
  std::string like = "linux-6.12";
  std::optional<std::string> config;  ///< "" for the .config that make would find
  std::shared_ptr<RunOptions> run = std::make_shared<RunOptions>();
};

/// A variant file that `try` writes: its name and its text.
struct Written {
  std::string name;
  std::string text;
};

/// A basic string of TOML.
std::string toml_string(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
    }
    result += c;
  }
  return result + "\"";
}

std::string quoted_list(const std::vector<std::string>& items) {
  std::string text;
  for (const auto& item : items) {
    text += (text.empty() ? "" : ", ") + toml_string(item);
  }
  return "[" + text + "]";
}

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
  return text + fmt::format("fragments = {}\n", quoted_list(fragments));
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
                       toml_string(fs::absolute(config).string()), quoted_list(fragments));
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
Result<std::string> series_lines(const TryOptions& options) {
  series::SeriesWish wish;
  std::string version;
  if (!options.series_version.empty()) {
    wish.version = series::parse_revision(options.series_version);
    if (!wish.version) {
      return fail(Failure::usage, "--series-version {} is no version, as 2 or 2.1 are",
                  options.series_version);
    }
    version = fmt::format("series_version = {}\n", toml_string(wish.version->text()));
  }
  std::vector<std::string> places;
  for (const auto& place : options.series) {
    const auto series = series::read_series(place, wish);
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
  return fmt::format("series = {}\n{}", quoted_list(places), version);
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

Task<Result<kernel::SourceInput>> find_kernel(const Trial& trial, std::string revision) {
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
Task<Result<Written>> written_source(const Places& places, const Trial& trial, bool whole, std::string name,
                                     std::string revision) {
  // Another commit is HEAD tomorrow, and the tree is another when somebody goes on working in it.
  Result<kernel::SourceInput> source = Error();
  if (revision.empty()) {
    source = co_await kernel::freeze_directory(trial.tree, places.kernels(), whole);
  } else {
    source = co_await find_kernel(trial, revision);
  }
  if (!source) {
    co_return source.error();
  }
  const auto what = revision.empty() ? "as it was" : revision;
  const auto& place = revision.empty() ? source->path : trial.tree;
  co_return Written{
      std::move(name),
      fmt::format("summary = {}\n[source]\ngit = {}\nrevision = {}\n{}",
                  toml_string(fmt::format("{}, {}", trial.tree.string(), what)), toml_string(place.string()),
                  toml_string(source->commit), trial.configuration)};
}

/// What is tried: one or two kernels, the head last.
Task<Result<std::vector<Written>>> written_variants(const Places& places, const TryOptions& options,
                                                    const Trial& trial) {
  const bool whole = options.config.has_value();
  std::vector<Written> files;
  if (options.rev.empty()) {
    auto base = co_await written_source(places, trial, whole, "base", options.base);
    if (!base) {
      co_return base.error();
    }
    files.push_back(std::move(*base));
  }
  if (!trial.series.empty()) {
    files.push_back({"head", "extends = \"base\"\n" + trial.series});
    co_return files;
  }
  auto head =
      co_await written_source(places, trial, whole, "head", options.rev.empty() ? options.head : options.rev);
  if (!head) {
    co_return head.error();
  }
  files.push_back(std::move(*head));
  co_return files;
}

/// Writes them where they stay, so that a run can be resumed: a folder by their content.
Result<fs::path> keep(const Places& places, const std::vector<Written>& files) {
  Hasher hasher;
  for (const auto& file : files) {
    hasher.add(file.name, file.text);
  }
  auto folder = places.cache / "try" / hasher.finish().substr(0, 12);
  if (auto made = make_directories(folder); !made) {
    return made.error();
  }
  for (const auto& file : files) {
    if (auto kept = write_file(folder / (file.name + ".toml"), file.text); !kept) {
      return kept.error();
    }
  }
  return folder;
}

Status check(const TryOptions& options) {
  const bool two_revisions = !options.head.empty();
  const int ways = static_cast<int>(!options.rev.empty()) + static_cast<int>(!options.series.empty()) +
                   static_cast<int>(two_revisions);
  if (ways != 1) {
    return fail(
        Failure::usage,
        "what shall be tried? Give one of --series FILE (on the tree, or on --base REV), --base REV with "
        "--head REV, or --rev REV");
  }
  if (two_revisions && options.base.empty()) {
    return fail(Failure::usage, "--head {} against what? Add --base REV", options.head);
  }
  if (!options.series_version.empty() && options.series.empty()) {
    return fail(Failure::usage,
                "--series-version chooses among the revisions of a --series, and there is none");
  }
  if (!options.rev.empty() && !options.base.empty()) {
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

Task<Result<Trial>> prepare_trial(const Places& places, const TryOptions& options) {
  Trial trial;
  auto experiment = co_await loaded_experiment(places, options.run->experiment);
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
  std::error_code error;
  trial.tree = fs::canonical(options.tree, error);
  if (error) {
    co_return fail(Failure::usage, "cannot find the tree {}: {}", options.tree, error.message());
  }
  auto configuration = options.config ? configured_by(places, config_place(*options.config, trial.tree))
                                      : configured_like(places, options.like);
  if (!configuration) {
    co_return configuration.error();
  }
  trial.configuration = std::move(*configuration);
  if (!options.series.empty()) {
    auto series = series_lines(options);
    if (!series) {
      co_return series.error();
    }
    trial.series = std::move(*series);
  }
  if (options.rev.empty() && options.base.empty()) {
    if (auto kernel = check_folder(trial.tree, trial.files); !kernel) {
      co_return kernel.error();
    }
  }
  co_return trial;
}

/// The head replaces the experiment's last variant, the base its first.
std::vector<std::string> kernels_for(const experiment::Experiment& experiment,
                                     const std::vector<Written>& files, const fs::path& folder) {
  std::vector<std::string> kernels;
  for (const auto& file : files) {
    const auto& use = file.name == "head" ? experiment.variants.back() : experiment.variants.front();
    kernels.push_back(fmt::format("{}={}", use.name, (folder / (file.name + ".toml")).string()));
  }
  return kernels;
}

Task<Result<ExitCode>> try_verb(Globals& globals, TryOptions options) {
  globals.bisecting = !options.rev.empty();
  if (auto right = check(options); !right) {
    co_return right.error();
  }
  auto places = globals.whole_places();
  if (!places) {
    co_return places.error();
  }
  auto trial = co_await prepare_trial(*places, options);
  if (!trial) {
    co_return trial.error();
  }
  auto files = co_await written_variants(*places, options, *trial);
  if (!files) {
    co_return files.error();
  }
  auto folder = keep(*places, *files);
  if (!folder) {
    co_return folder.error();
  }
  if (!options.rev.empty() && !globals.quiet) {
    const auto& other = trial->experiment.variants.front();
    tell(fmt::format("note: {} stays the experiment's own kernel, {}", other.name, other.kernel));
  }
  auto run = *options.run;
  run.settings.kernels = kernels_for(trial->experiment, *files, *folder);
  co_return co_await run_verb(globals, std::move(run));
}

}  // namespace

void add_try(CLI::App& app, Globals& globals, Action& chosen) {
  auto options = std::make_shared<TryOptions>();
  auto* verb = app.add_subcommand(
      "try", "run an experiment on a kernel tree of yours, with and without a series or at two revisions");
  takes(verb->add_option("--tree", options->tree, "the kernel tree (default: this folder)"), named("FOLDER"));
  takes(verb->add_option(
            "-s,--series", options->series,
            "patches, a folder of them or an mbox: tried on the tree, or on --base; may be repeated"),
        named("SERIES"));
  takes(verb->add_option(
            "--series-version", options->series_version,
            "which revision of several in the mbox: 2, or 2.1, which is laid over 2 (default: the newest)"),
        named("VERSION"));
  takes(verb->add_option("--base", options->base, "revision without the change"), named("REV"));
  takes(verb->add_option("--head", options->head, "revision with the change"), named("REV"));
  takes(verb->add_option("--rev", options->rev,
                         "only this revision, as the side with the change, against the experiment's own "
                         "kernel, which is booted as well; for git bisect run"),
        named("REV"));
  auto* like =
      takes(verb->add_option("--like", options->like, "configured as this variant is (default: linux-6.12)"),
            named("KERNEL"));
  auto* config =
      takes(verb->add_option("--config", options->config,
                             "configured by this .config, or the one in this build folder (O=), with what "
                             "a guest needs laid over it; without a value, the one in $KBUILD_OUTPUT or in "
                             "the tree"),
            named("CONFIG"));
  config->expected(0, 1)->excludes(like);
  takes(verb->add_option("-e,--experiment", options->run->experiment,
                         "folder, file, or a name below experiments/"),
        named("EXPERIMENT"))
      ->required();
  add_run_options(*verb, options->run, {"kernels"});
  verb->footer(
      "Examples:\n"
      "  assay try --series v3.mbox -e mine.toml\n"
      "  assay try --base v6.12 --head my-branch -e mine.toml\n"
      "  git bisect run assay try --rev HEAD -e shared-fault-vma-lock\n"
      "With --rev:\n"
      "  125 makes git bisect skip a revision that does not build or boot, or about\n"
      "  which nothing was decided; 128 ends the search.\n" +
      exit_codes_of_runs());
  verb->callback(
      [&globals, &chosen, options] { chosen = [&globals, options] { return try_verb(globals, *options); }; });
}

}  // namespace assay::cli
