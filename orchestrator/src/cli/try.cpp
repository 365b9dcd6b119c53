// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "cli/run_options.hpp"
#include "cli/surroundings.hpp"
#include "cli/values.hpp"
#include "cli/verb.hpp"
#include "experiment/experiment.hpp"
#include "kernel/config.hpp"
#include "kernel/source.hpp"
#include "kernel/variant.hpp"

#include <cstdlib>
#include <memory>
#include <optional>
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

/// A kernel that stands alone: the tree, or one revision of it.
Task<Result<Written>> written_source(const Places& places, const TryOptions& options, std::string name,
                                     std::string revision) {
  std::error_code error;
  const auto tree = fs::canonical(options.tree, error);
  if (error) {
    co_return fail(Failure::usage, "cannot find the tree {}: {}", options.tree, error.message());
  }
  // Another commit is HEAD tomorrow, and the tree is another when somebody goes on working in it.
  Result<kernel::SourceInput> source = Error();
  if (revision.empty()) {
    source = co_await kernel::freeze_directory(tree, places.cache / "kernels", options.config.has_value());
  } else {
    source = co_await kernel::find_revision(tree, revision);
  }
  if (!source) {
    co_return source.error();
  }
  const auto what = revision.empty() ? "as it was" : revision;
  const auto& place = revision.empty() ? source->path : tree;
  Written file{std::move(name), fmt::format("summary = {}\n[source]\ngit = {}\nrevision = {}\n",
                                            toml_string(fmt::format("{}, {}", tree.string(), what)),
                                            toml_string(place.string()), toml_string(source->commit))};
  const auto configured = options.config ? configured_by(places, config_place(*options.config, tree))
                                         : configured_like(places, options.like);
  if (!configured) {
    co_return configured.error();
  }
  file.text += *configured;
  co_return file;
}

/// What is tried: one or two kernels, the head last.
Task<Result<std::vector<Written>>> written_variants(const Places& places, const TryOptions& options) {
  std::vector<Written> files;
  if (options.rev.empty()) {
    auto base = co_await written_source(places, options, "base", options.base);
    if (!base) {
      co_return base.error();
    }
    files.push_back(std::move(*base));
  }
  if (!options.series.empty()) {
    std::vector<std::string> series;
    for (const auto& place : options.series) {
      if (!fs::exists(place)) {
        co_return fail(Failure::usage, "there is no series {}", place);
      }
      series.push_back(fs::absolute(place).string());
    }
    files.push_back({"head", fmt::format("extends = \"base\"\nseries = {}\n", quoted_list(series))});
    co_return files;
  }
  auto head =
      co_await written_source(places, options, "head", options.rev.empty() ? options.head : options.rev);
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
  if (!options.rev.empty() && !options.base.empty()) {
    return fail(Failure::usage, "--rev tries one kernel; for two give --base and --head");
  }
  return {};
}

/// The head replaces the experiment's last variant, the base its first.
Task<Result<std::vector<std::string>>> kernels_for(const Places& places, const std::string& experiment,
                                                   const std::vector<Written>& files,
                                                   const fs::path& folder) {
  auto catalogue = co_await experiment::ask_agent(places.agent);
  if (!catalogue) {
    co_return catalogue.error();
  }
  auto loaded = experiment::load_experiment(experiment, places.experiments, *catalogue);
  if (!loaded) {
    co_return loaded.error();
  }
  if (loaded->variants.size() != 2) {
    co_return fail(
        Failure::usage,
        "experiment {} has {} variants, and try stands in for two, before and after; use assay run "
        "--kernel NAME=VARIANT for each",
        loaded->name, loaded->variants.size());
  }
  std::vector<std::string> kernels;
  for (const auto& file : files) {
    const auto& use = file.name == "head" ? loaded->variants.back() : loaded->variants.front();
    kernels.push_back(fmt::format("{}={}", use.name, (folder / (file.name + ".toml")).string()));
  }
  co_return kernels;
}

Task<Result<ExitCode>> try_verb(Globals& globals, TryOptions options) {
  globals.bisecting = !options.rev.empty();
  if (auto right = check(options); !right) {
    co_return right.error();
  }
  auto places = find_whole(globals.results);
  if (!places) {
    co_return places.error();
  }
  auto files = co_await written_variants(*places, options);
  if (!files) {
    co_return files.error();
  }
  auto folder = keep(*places, *files);
  if (!folder) {
    co_return folder.error();
  }
  auto kernels = co_await kernels_for(*places, options.run->experiment, *files, *folder);
  if (!kernels) {
    co_return kernels.error();
  }
  auto run = *options.run;
  run.kernels = std::move(*kernels);
  co_return co_await run_experiment(globals, std::move(run));
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
  takes(verb->add_option("--base", options->base, "revision without the change"), named("REV"));
  takes(verb->add_option("--head", options->head, "revision with the change"), named("REV"));
  takes(verb->add_option("--rev", options->rev,
                         "only this revision, as the side with the change; for git bisect run"),
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
  add_run_options(*verb, options->run);
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
