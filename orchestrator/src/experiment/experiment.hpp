// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/place.hpp"
#include "base/units.hpp"
#include "experiment/catalogue.hpp"
#include "experiment/grid.hpp"
#include "experiment/program_use.hpp"
#include "experiment/rules.hpp"
#include "machine/spec.hpp"
#include "probe/spec.hpp"
#include "trial/order.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::experiment {

/// A kernel variant under the name that this experiment gives it ("before", "after").
struct VariantUse {
  std::string name;
  std::string kernel;          ///< name of a file in images/kernels, or a path to one
  std::optional<Place> where;  ///< of `kernel` in the experiment's file; nothing: it does not come from there
};

/// A workload with its parameters, under a name that claims refer to.
struct WorkloadRun {
  std::string name;
  std::string workload;  ///< as the agent registers it: "fault.shared"
  std::map<std::string, std::string> parameters;
  std::vector<std::string> variants;        ///< it runs only with these; empty: with all
  std::vector<std::string> machines;        ///< it runs only on these; empty: on all
  bool thorough = false;                    ///< takes long: only thorough runs have it
  std::optional<Nanoseconds> timeout = {};  ///< the experiment's where it has none
  std::optional<ProgramUse> program = {};   ///< then `workload` is what it is called in the file
  [[nodiscard]] bool runs_with(std::string_view variant) const;
  [[nodiscard]] bool runs_on(std::string_view machine) const;
  /// The words that claims about it may use; nothing for a workload that no agent knows.
  [[nodiscard]] std::optional<WorkloadInfo> words(const Catalogue& catalogue) const;
};

/// A sentence put on trial.
struct Claim {
  std::string id;
  std::string says;         ///< the claim, in one sentence of ours
  std::string quote;        ///< the sentence of the thread that it comes from
  std::string author;       ///< who wrote it
  std::string message_id;   ///< where
  std::string workload;     ///< name of the WorkloadRun that decides it
  unsigned min_trials = 5;  ///< usable trials per variant, below which the claim is inconclusive
  bool control = false;  ///< may be decided though nothing of the patch ran: shows where it changes nothing
  bool with_findings = false;  ///< takes the figures of trials in which the kernel complained and the
                               ///< workload went on to its end
  std::vector<Precondition> preconditions;
  Rule rule;
  std::vector<std::string> machines = {};  ///< whose trials alone decide it; none: those of all
  [[nodiscard]] std::vector<std::string> variants() const { return variants_of(rule); }
};

/// What `assay mutate` breaks in small ways, unless it is told otherwise.
struct MutationPlan {
  std::string variant;                 ///< that mutants are made of
  std::string base;                    ///< the patch is what differs from it; "" for none
  unsigned context = 0;                ///< lines around the patch that belong to it
  std::vector<std::string> functions;  ///< that belong to it whole: "do_wp_page", "mm/memory.c:do_wp_page"
};

/// Whether each trial boots its own guest, or all workloads of one repeat share one.
enum class GuestUse : std::uint8_t { fresh, shared };

struct Experiment {
  std::string name;
  std::string title;
  std::string summary;
  std::string thread;  ///< message id of the thread's first mail
  std::string author;  ///< of the sentences that name none
  std::filesystem::path file;
  std::string digest;  ///< SHA-256 of the file
  std::vector<VariantUse> variants;
  std::vector<machine::MachineSpec> machines;
  std::vector<WorkloadRun> workloads;
  std::vector<probe::ProbeSpec> probes;
  std::vector<Claim> claims;
  std::vector<Grid> grids;
  std::optional<MutationPlan> mutation;
  trial::Sampling sampling;
  unsigned trials = 10;                     ///< repeats of each variant x machine x workload
  std::optional<unsigned> thorough_trials;  ///< the same in a thorough run; not less
  std::optional<unsigned> only_repeat;      ///< of these trials just one, counted from 0
  GuestUse guests = GuestUse::fresh;
  Nanoseconds timeout = std::chrono::seconds(120);  ///< for one trial, without the boot
  std::uint64_t seed = 1;

  /// Trials in one repeat of the whole matrix.
  [[nodiscard]] std::size_t trials_per_repeat() const;
  /// Whether any workload runs with the variant on the machine: if not, no kernel is built for it and no
  /// guest booted.
  [[nodiscard]] bool has_guest(std::string_view variant, std::string_view machine) const;
};

}  // namespace assay::experiment
