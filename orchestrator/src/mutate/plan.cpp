// SPDX-License-Identifier: GPL-2.0-or-later
#include "mutate/plan.hpp"

#include "base/scratch_folder.hpp"
#include "base/text.hpp"
#include "experiment/names.hpp"
#include "kernel/variant_load.hpp"
#include "mutate/c_mutants.hpp"
#include "mutate/claims_on_time.hpp"
#include "mutate/hushed.hpp"
#include "mutate/jury.hpp"
#include "mutate/mutant_kernel.hpp"
#include "mutate/scope.hpp"
#include "run/kernels.hpp"
#include "trial/run_context.hpp"

#include <fmt/ranges.h>

#include <unistd.h>

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <utility>

namespace assay::mutate {
namespace {

using experiment::Experiment;
using experiment::names_of;

Status check_variant(const Experiment& experiment, const std::string& option, const std::string& name) {
  const auto names = names_of(experiment.variants);
  if (std::ranges::find(names, name) != names.end()) {
    return {};
  }
  return fail(Failure::usage, "--{} {}: {} has no such variant{}", option, name, experiment.name,
              did_you_mean(name, names));
}

/// What is not said on the command line is as the file has it; else two variants have an order.
Status complete(MutateWish& wish, const Experiment& experiment) {
  const auto& written = experiment.mutation;
  const bool two = experiment.variants.size() == 2;
  if (wish.variant.empty()) {
    wish.variant = written ? written->variant : two ? experiment.variants.back().name : "";
  }
  if (wish.variant.empty()) {
    return fail(Failure::usage, "which variant of {} is mutated? Name it by --variant, or in [mutate] of {}",
                experiment.name, run::shown(experiment.file));
  }
  const bool as_written = written && written->variant == wish.variant;
  if (wish.base.empty()) {
    const auto& first = experiment.variants.front().name;
    wish.base = as_written ? written->base : two && first != wish.variant ? first : "";
  }
  const bool only_functions = !wish.functions.empty() && !wish.patch;
  if (as_written && wish.functions.empty() && !wish.patch) {
    wish.functions = written->functions;
  }
  wish.patch = !only_functions;
  if (!wish.context) {
    wish.context = as_written ? written->context : 0;
  }
  if (auto known = check_variant(experiment, "variant", wish.variant); !known) {
    return known;
  }
  if (!wish.base.empty()) {
    if (wish.base == wish.variant) {
      return fail(Failure::usage, "--base {}: a variant does not differ from itself", wish.base);
    }
    return check_variant(experiment, "base", wish.base);
  }
  return wish.functions.empty()
             ? fail(Failure::usage,
                    "what of {} is mutated? Name functions by --function, or the variant without "
                    "the patch by --base",
                    wish.variant)
             : Status();
}

/// The claim as far as it is about one variant: what the others come to notices no mutant of it. A comparison
/// stays one.
void keep_side(experiment::Claim& claim, const std::string& variant) {
  if (auto* threshold = std::get_if<experiment::ThresholdRule>(&claim.rule)) {
    std::erase_if(threshold->expect, [&](const auto& one) { return one.variant != variant; });
  } else if (auto* never = std::get_if<experiment::NeverRule>(&claim.rule)) {
    never->variants = {variant};
  }
}

/// Leaves what mutants are judged by: the claims on the variant, the workloads that decide them, and these
/// for no more variants than that needs.
void keep_what_matters(Experiment& experiment, const std::string& variant) {
  std::erase_if(experiment.claims, [&](const auto& claim) { return !speaks_of(claim, variant); });
  for (auto& claim : experiment.claims) {
    keep_side(claim, variant);
  }
  for (auto& workload : experiment.workloads) {
    std::vector<std::string> needed;
    for (const auto& use : experiment.variants) {
      const bool wanted = std::ranges::any_of(experiment.claims, [&](const auto& claim) {
        return claim.workload == workload.name && speaks_of(claim, use.name);
      });
      if (wanted && workload.runs_with(use.name)) {
        needed.push_back(use.name);
      }
    }
    workload.variants = std::move(needed);
  }
  std::erase_if(experiment.workloads, [](const auto& workload) { return workload.variants.empty(); });
  experiment.grids.clear();
}

/// Lines around the patch count only within the functions that it changes.
void keep_to_functions(std::vector<Mutant>& mutants, const ScopedFile& file) {
  auto functions = file.functions;
  bool any = false;
  for (const auto& mutant : mutants) {
    if (file.patched.contains(mutant.line)) {
      functions.insert(mutant.function);
      any = true;
    }
  }
  if (any) {
    std::erase_if(mutants, [&](const auto& mutant) { return !functions.contains(mutant.function); });
  }
}

Arch first_arch(const Experiment& experiment, const std::string& variant) {
  const auto found = std::ranges::find_if(
      experiment.machines, [&](const auto& machine) { return experiment.has_guest(variant, machine.name); });
  return found == experiment.machines.end() ? Arch::x86_64 : found->arch;
}

/// The variant of the base for that architecture; it need not run there, or at all.
Result<std::optional<kernel::Variant>> base_variant(const run::Session& session, const Experiment& experiment,
                                                    const std::string& base, Arch arch) {
  if (base.empty()) {
    return std::optional<kernel::Variant>();
  }
  const auto use = std::ranges::find(experiment.variants, base, &experiment::VariantUse::name);
  auto loaded = kernel::load_variant(session.places.images, use->kernel, arch);
  if (!loaded) {
    return loaded.error();
  }
  return std::optional(std::move(*loaded));
}

class PlanMaker {
 public:
  PlanMaker(run::Session& session, MutateWish wish)
      : session_(session),
        wish_(std::move(wish)),
        folder_(session.places.cache / "mutate" / std::to_string(::getpid())) {}

  Task<Result<Plan>> make() {
    Hushed hushed(session_.progress);
    run::Session quiet{session_.places, session_.interrupt, hushed,
                       session_.uri,    session_.bisecting, session_.connect};
    experiment::Settings settings;
    settings.accel = wish_.accel;
    run::Wish all{wish_.experiment, std::move(settings), false};
    auto whole = co_await run::read_inputs(quiet, std::move(all));
    if (!whole) {
      co_return whole.error();
    }
    if (auto completed = complete(wish_, whole->experiment); !completed) {
      co_return completed.error();
    }
    if (std::ranges::none_of(whole->experiment.claims,
                             [&](const auto& claim) { return speaks_of(claim, wish_.variant); })) {
      co_return fail(Failure::usage,
                     "no claim of {} is about variant {}: nothing could notice a mutant of it",
                     whole->experiment.name, wish_.variant);
    }
    auto base =
        base_variant(session_, whole->experiment, wish_.base, first_arch(whole->experiment, wish_.variant));
    if (!base) {
      co_return base.error();
    }
    plan_.inputs = std::move(*whole);
    plan_.inputs.settings.jobs = wish_.jobs;
    plan_.inputs.settings.trials = wish_.trials;
    plan_.inputs.experiment.trials = wish_.trials;
    keep_what_matters(plan_.inputs.experiment, wish_.variant);
    const auto catalogue = co_await experiment::ask_agent(session_.places.agent);
    if (!catalogue) {
      co_return catalogue.error();
    }
    plan_.on_time = claims_on_time(plan_.inputs.experiment, *catalogue);
    plan_.score.experiment = plan_.inputs.experiment.name;
    plan_.score.variant = wish_.variant;
    plan_.score.base = wish_.base;
    auto made = co_await add_mutants(std::move(*base));
    if (!made) {
      co_return made.error();
    }
    co_return std::move(plan_);
  }

 private:
  Task<Status> add_mutants(std::optional<kernel::Variant> base) {
    const auto arch = first_arch(plan_.inputs.experiment, wish_.variant);
    const auto& variant = plan_.inputs.variants.at(trial::kernel_key(wish_.variant, arch));
    auto options = run::builder_options(session_.places, 0);
    ScopeWish wanted_lines{wish_.patch, wish_.context.value_or(0), wish_.functions};
    auto scope =
        co_await find_scope(variant, std::move(base), std::move(wanted_lines), options, folder_.path());
    if (!scope) {
      co_return scope.error();
    }
    auto tree = co_await kernel::base_tree(
        variant, options, [this](const kernel::BuildProgress& step) { session_.progress.on_build(step); });
    if (!tree) {
      co_return tree.error();
    }
    auto notes = std::move(scope->notes);
    std::vector<Mutant> all;
    for (auto& file : scope->files) {
      auto flags = clang_flags(*tree, file.name, arch, folder_.path());
      if (!flags && flags.error().kind() == Failure::usage && file.functions.empty()) {
        notes.push_back(flags.error().text());
        continue;
      }
      if (!flags) {
        co_return flags.error();
      }
      CFile parsed{file.name, file.text, *tree, std::move(*flags)};
      Wanted wanted{file.lines, file.functions};
      auto mutants = co_await mutants_of(std::move(parsed), std::move(wanted));
      if (!mutants) {
        co_return mutants.error();
      }
      keep_to_functions(*mutants, file);
      std::ranges::move(*mutants, std::back_inserter(all));
      add_lines(file, all);
      files_.emplace(file.name, std::move(file));
    }
    if (all.empty()) {
      co_return fail(Failure::usage,
                     "cannot mutate {}: there is nothing to break in these lines; take more of them by "
                     "--context, or functions by --function{}{}",
                     wish_.variant, notes.empty() ? "" : "\n  ", fmt::join(notes, "\n  "));
    }
    for (const auto& note : notes) {
      session_.progress.on_note(note);
    }
    const auto made = all.size();
    if (wish_.most > 0) {
      all = chosen(std::move(all), wish_.most);
    }
    plan_.score.more = made - all.size();
    for (auto& mutant : all) {
      const auto& file = files_.at(mutant.file);
      auto diff = co_await diff_of(mutant, file, folder_.path() / "diff");
      if (!diff) {
        co_return diff.error();
      }
      Judged judged;
      judged.mutant = std::move(mutant);
      judged.diff = std::move(*diff);
      plan_.score.mutants.push_back(std::move(judged));
    }
    co_return Status();
  }

  /// The wanted lines by number; of a whole function those from its first mutant to its last.
  void add_lines(const ScopedFile& file, const std::vector<Mutant>& mutants) {
    auto wanted = file.lines;
    for (const auto& function : file.functions) {
      unsigned first = std::numeric_limits<unsigned>::max();
      unsigned last = 0;
      for (const auto& mutant : mutants) {
        if (mutant.file == file.name && mutant.function == function) {
          first = std::min(first, mutant.line);
          last = std::max(last, mutant.line);
        }
      }
      for (auto line = first; line <= last; ++line) {
        wanted.insert(line);
      }
    }
    unsigned number = 0;
    for (const auto line : split(file.text, '\n')) {
      ++number;
      if (wanted.contains(number)) {
        plan_.score.lines.push_back(
            {file.name, number, std::string(line), file.patched.contains(number), std::nullopt, 0});
      }
    }
  }

  run::Session& session_;
  MutateWish wish_;
  ScratchFolder folder_;
  std::map<std::string, ScopedFile> files_;  ///< by name
  Plan plan_;
};

}  // namespace

Task<Result<Plan>> make_plan(run::Session& session, MutateWish wish) {
  PlanMaker maker(session, std::move(wish));
  co_return co_await maker.make();
}

}  // namespace assay::mutate
