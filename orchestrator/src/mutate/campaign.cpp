// SPDX-License-Identifier: GPL-2.0-or-later
#include "mutate/campaign.hpp"

#include "base/files.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "mutate/baseline.hpp"
#include "mutate/line_watch.hpp"
#include "mutate/mutant_builder.hpp"
#include "mutate/mutant_guests.hpp"
#include "mutate/plan.hpp"
#include "mutate/recall.hpp"
#include "mutate/score_json.hpp"
#include "run/host.hpp"
#include "run/looks.hpp"
#include "run/run.hpp"
#include "trial/capacity.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

namespace assay::mutate {
namespace {

constexpr const char* control_name = "unchanged";

class Campaign {
 public:
  Campaign(run::Session session, MutateWish wish, Plan plan)
      : session_(std::move(session)), wish_(std::move(wish)), plan_(std::move(plan)) {}

  Task<Result<Score>> run() {
    auto prepared = co_await prepare();
    if (!prepared) {
      co_return prepared.error();
    }
    auto worked = co_await work();
    if (hypervisor_) {
      if (auto closed = co_await hypervisor_->close(); !closed) {
        session_.progress.on_note(closed.error().text());
      }
    }
    if (results_ && !run_.empty()) {
      if (auto ended =
              results_->end_run(run_, session_.interrupt.requested() ? "interrupted" : "finished", {});
          !ended) {
        co_return ended.error();
      }
    }
    if (auto kept = save(); !kept) {
      co_return kept.error();
    }
    if (!worked) {
      co_return worked.error();
    }
    co_return score();
  }

 private:
  [[nodiscard]] Score& score() { return plan_.score; }
  [[nodiscard]] fs::path file() const { return session_.places.results / "score.json"; }
  [[nodiscard]] Status save() { return write_file(file(), score_json(plan_.score)); }

  /// All that does not depend on a mutant.
  Task<Status> prepare() {
    auto lock = FileLock::try_acquire(session_.places.results / "lock");
    if (!lock) {
      co_return lock.error();
    }
    if (!*lock) {
      co_return fail(Failure::usage, "cannot mutate {} of {}: another assay mutate is at work in {}",
                     score().variant, score().experiment, session_.places.results.string());
    }
    lock_ = std::move(*lock);
    only_ = only_variant(plan_.inputs, score().variant);
    auto experiment = plan_.inputs.experiment;
    auto known = co_await run::find_run_kernels(session_, plan_.inputs);
    if (!known) {
      co_return known.error();
    }
    auto key = key_of(session_.places, plan_.inputs, *known, wish_.trials);
    if (!key) {
      co_return key.error();
    }
    score().key = std::move(*key);
    if (auto recalled = recall_past(); !recalled) {
      co_return recalled.error();
    }
    auto baseline = co_await baseline_of(std::move(*known));
    if (!baseline) {
      co_return baseline.error();
    }
    jury_.emplace(std::move(experiment), *baseline, score().variant, std::move(plan_.on_time));
    for (const auto& claim : past_not_held_) {
      jury_->disregard(claim);
    }
    co_return keep_jury();
  }

  /// Error: usage: nobody is left who could notice anything.
  Status keep_jury() {
    score().held = jury_->held();
    score().not_held = jury_->not_held();
    for (const auto& claim : score().not_held) {
      doubt(score(), claim);
    }
    if (score().held.empty()) {
      return fail(Failure::usage,
                  "no claim on {} holds for the unchanged kernels: nothing could notice a mutant",
                  score().variant);
    }
    return save();
  }

  /// What earlier campaigns in this folder found.
  Status recall_past() {
    const bool is_first = !is_there(file());
    auto past = score_before(session_.places.results, score().key);
    if (!past) {
      return past.error();
    }
    if (*past) {
      past_not_held_ = (**past).not_held;
      recall(score(), std::move(**past));
    } else if (!is_first) {
      session_.progress.on_note(
          "experiment, kernels, agent or --trials have changed: all mutants are judged anew");
    }
    return {};
  }

  /// Trials of the unchanged kernels: those of an earlier call, or run now.
  Task<Result<verdict::Trials>> baseline_of(run::RunKernels known) {
    const auto experiment = plan_.inputs.experiment;
    if (!score().baseline.empty()) {
      if (auto opened = open_results(); !opened) {
        co_return opened.error();
      }
      if (auto trials = read_baseline(*results_, experiment, score().baseline); trials) {
        co_return trials;
      }
    }
    session_.progress.on_note("trials of the unchanged kernels come first");
    auto concluded = co_await run::carry_out(session_, std::move(plan_.inputs), std::move(known));
    if (!concluded) {
      co_return concluded.error();
    }
    if (!concluded->judged) {
      co_return fail(Failure::usage, "{}", concluded->nothing_to_judge);
    }
    const auto& end = concluded->judged->end;
    if (end.interrupted) {
      co_return fail(Failure::interrupted, "interrupted; the same command goes on");
    }
    if (!end.fatal.empty()) {
      co_return fail(Failure::infrastructure, "cannot try the unchanged kernels: {}", end.fatal);
    }
    if (!end.boot_error.empty()) {
      co_return fail(Failure::boot, "{}", end.boot_error);
    }
    score().baseline = concluded->judged->view.run.id;
    if (auto opened = open_results(); !opened) {
      co_return opened.error();
    }
    co_return read_baseline(*results_, experiment, score().baseline);
  }

  Status open_results() {
    if (results_) {
      return {};
    }
    auto opened = run::open_results(session_);
    if (!opened) {
      return opened.error();
    }
    results_ = std::move(*opened);
    return {};
  }

  [[nodiscard]] std::size_t waiting() { return score().count(Fate::waiting); }
  [[nodiscard]] bool needs_control() {
    return std::ranges::any_of(score().lines, [](const auto& line) { return line.watched == 0; });
  }

  /// Tries what waits.
  Task<Status> work() {
    if (waiting() == 0) {
      co_return Status();
    }
    auto known = co_await run::find_run_kernels(session_, only_);
    if (!known) {
      co_return known.error();
    }
    session_.bisecting = true;  // one kernel, and nothing to compare
    auto boots = co_await run::build_run_kernels(session_, only_, std::move(*known));
    if (!boots) {
      co_return boots.error();
    }
    boots_ = std::move(*boots);
    auto begun = co_await begin();
    if (!begun) {
      co_return begun;
    }
    if (needs_control()) {
      auto controlled = co_await control();
      if (!controlled) {
        co_return controlled;
      }
    }
    if (!session_.interrupt.requested()) {
      co_await try_all();
    }
    co_return fatal_;
  }

  Task<Status> begin() {
    if (auto opened = open_results(); !opened) {
      co_return opened;
    }
    const auto& machine = only_.experiment.machines.front();
    const auto first = trial::kernel_key(score().variant, Arch::x86_64);
    run::Proof proof;
    if (boots_.kernels.contains(first)) {
      proof = {boots_.kernels.at(first).image, boots_.agents.at(first).initramfs};
    }
    auto hypervisor = co_await run::connect(session_, std::move(proof));
    if (!hypervisor) {
      co_return hypervisor.error();
    }
    hypervisor_ = std::move(*hypervisor);
    auto toml = read_file(only_.experiment.file);
    if (!toml) {
      co_return toml.error();
    }
    store::RunInfo info;
    info.id = run::new_run_id(score().experiment + "-mutants");
    info.experiment = score().experiment;
    info.title = fmt::format("mutants of {}", score().variant);
    info.experiment_toml = std::move(*toml);
    info.settings = experiment::to_json(only_.settings);
    const auto programs = run::digests_of(only_.programs);
    info.host =
        co_await run::describe_host(*hypervisor_, only_.experiment, programs, session_.places.experiments,
                                    only_.agent_version, boots_.agents.begin()->second.digest);
    info.started = run::utc_now();
    info.state = "running";
    if (auto kept = results_->begin_run(info); !kept) {
      co_return kept;
    }
    run_ = info.id;
    const auto folder = session_.places.runs() / run_;
    if (auto made = make_directories(folder); !made) {
      co_return made;
    }
    log_event("mutants of {} on {}: run {}", score().variant, machine.name, run_);
    guests_ = std::make_unique<MutantGuests>(session_, only_, boots_, *jury_, *hypervisor_,
                                             results_->sink(run_), folder);
    co_return Status();
  }

  /// Whether guests can go on.
  [[nodiscard]] Status lost() {
    return guests_->fatal().empty() ? Status()
                                    : fail(Failure::infrastructure, "cannot try the mutants of {}: {}",
                                           score().variant, guests_->fatal());
  }

  /// The unchanged kernel, tried as a mutant is: which lines run, and which claims a single trial refutes
  /// wrongly.
  Task<Status> control() {
    session_.progress.on_note("the unchanged kernel is tried as a mutant is, to see which lines run");
    guests_->notice_nothing();
    const std::string name = control_name;
    for (const auto& machine : guests_->machines()) {
      const auto key = trial::kernel_key(score().variant, machine.arch);
      auto probes = co_await watching_lines(session_.places, only_, boots_, score(), machine.arch);
      if (!probes) {
        co_return probes.error();
      }
      guests_->add_kernel(name, machine.arch, boots_.kernels.at(key), std::move(*probes));
      const auto tried = co_await guests_->try_repeat(name, machine.name, 0, 0);
      if (tried.cut_off) {
        co_return lost();
      }
      if (tried.notice) {
        co_return fail(Failure::boot, "cannot mutate {}: unchanged, it does not get through on {}: {}",
                       score().variant, machine.name, one_line(tried.notice->why));
      }
    }
    guests_->notice_all();
    const auto& trials = guests_->trials(name);
    for (const auto& notice : jury_->notices(trials)) {
      if (notice.claim.empty()) {
        co_return fail(Failure::boot, "cannot mutate {}: unchanged, it is noticed as well: {} in {}: {}",
                       score().variant, name_of(notice.killer), notice.workload, notice.why);
      }
      session_.progress.on_note(fmt::format(
          "claim {} notices the unchanged kernel, too, and is disregarded: {}", notice.claim, notice.why));
      jury_->disregard(notice.claim);
    }
    count_lines(score().lines, trials);
    guests_->forget(name);
    co_return keep_jury();
  }

  Task<> try_all() {
    const auto slots = std::max(1U, wish_.jobs.value_or(trial::host_capacity().guests));
    builder_.emplace(session_, only_, boots_, score(), slots);
    began_ = Clock::now();
    session_.progress.stop_means(
        "guests are being destroyed and kernel trees removed, what is known of mutants is kept");
    session_.progress.begin_work("mutants", score().mutants.size(), score().mutants.size() - waiting());
    for (std::size_t i = 0; i < score().mutants.size(); ++i) {
      if (score().mutants[i].fate == Fate::waiting) {
        queue_.push_back(i);
      }
    }
    const auto executor = co_await asio::this_coro::executor;
    changed_ = std::make_unique<asio::steady_timer>(executor, Clock::time_point::max());
    working_ = slots;
    for (unsigned slot = 0; slot < slots; ++slot) {
      asio::co_spawn(executor, serve(slot), asio::detached);
    }
    using namespace asio::experimental::awaitable_operators;
    co_await (all_served() || run::keep_fresh(session_.progress));
    session_.progress.clear();
  }

  Task<> all_served() {
    while (working_ > 0) {
      co_await changed_->async_wait(noexcept_awaitable);
      changed_->expires_at(Clock::time_point::max());
    }
  }

  [[nodiscard]] bool may_go_on() const {
    const bool late = wish_.time && Clock::now() - began_ > *wish_.time;
    return next_ < queue_.size() && !session_.interrupt.requested() && fatal_ && !late;
  }

  Task<> serve(unsigned slot) {
    while (may_go_on()) {
      auto& one = score().mutants[queue_[next_++]];
      co_await judge(one, slot);
      if (one.fate == Fate::waiting) {
        continue;
      }
      if (one.run.empty()) {
        one.run = run_;
      }
      session_.progress.on_note(told_of(one));
      session_.progress.work_done();
      if (auto kept = save(); !kept) {
        fatal_ = kept;
      }
    }
    co_await builder_->close(slot);
    --working_;
    changed_->cancel();
  }

  /// Builds it and tries it until somebody notices.
  Task<> judge(Judged& one, unsigned slot) {
    std::map<Arch, std::string> kernels;
    bool goes_on = true;
    for (unsigned repeat = 0; repeat < wish_.trials && goes_on && one.fate == Fate::waiting; ++repeat) {
      goes_on = co_await try_repeat(one, repeat, slot, kernels);
    }
    if (goes_on && one.fate == Fate::waiting) {
      const auto tried = co_await guests_->settle_doubts(one.mutant.id, slot);
      if (take(one, tried) && one.fate == Fate::waiting) {
        one.fate = Fate::survived;
      }
    }
    if (one.fate == Fate::waiting) {
      one.trials = 0;
      one.kernel_id.clear();
      one.image.clear();
    }
    guests_->forget(one.mutant.id);
    for (const auto& [arch, id] : kernels) {
      builder_->forget(id);
    }
  }

  /// False when nothing can be known of it now.
  Task<bool> try_repeat(Judged& one, unsigned repeat, unsigned slot, std::map<Arch, std::string>& kernels) {
    for (const auto& machine : guests_->machines()) {
      if (!kernels.contains(machine.arch)) {
        auto built = co_await builder_->build(one, machine.arch, slot);
        if (!built) {
          fatal_ = built.error();
        }
        if (!built || !*built) {
          co_return false;
        }
        kernels.emplace(machine.arch, (**built).kernel.id);
        guests_->add_kernel(one.mutant.id, machine.arch, (**built).kernel, std::move((**built).probes));
      }
      const auto tried = co_await guests_->try_repeat(one.mutant.id, machine.name, repeat, slot);
      if (!take(one, tried)) {
        co_return false;
      }
      if (one.fate != Fate::waiting) {
        break;
      }
    }
    co_return true;
  }

  /// False when nothing can be known of it now.
  bool take(Judged& one, const Tried& tried) {
    one.trials += tried.trials;
    if (tried.cut_off) {
      if (auto well = lost(); !well) {
        fatal_ = well;
      }
      return false;
    }
    if (tried.notice) {
      convict(one, *tried.notice);
    }
    return true;
  }

  void convict(Judged& one, const Notice& notice) {
    one.fate = Fate::killed;
    one.killer = notice.killer;
    one.claim = notice.claim;
    // What a console said last is in the trial's folder.
    one.why = one_line(notice.why.substr(0, notice.why.find("; the last console lines were")));
    if (!notice.workload.empty()) {
      guests_->credit(notice.workload);
    }
  }

  run::Session session_;
  MutateWish wish_;
  Plan plan_;
  std::optional<FileLock> lock_;
  run::Inputs only_;
  run::RunKernels boots_;
  std::optional<Jury> jury_;
  std::vector<std::string> past_not_held_;
  std::unique_ptr<store::Store> results_;
  std::unique_ptr<machine::Hypervisor> hypervisor_;
  std::string run_;
  std::unique_ptr<MutantGuests> guests_;
  std::optional<MutantBuilder> builder_;
  std::vector<std::size_t> queue_;
  std::size_t next_ = 0;
  unsigned working_ = 0;
  std::unique_ptr<asio::steady_timer> changed_;
  Clock::time_point began_;
  Status fatal_;
};

}  // namespace

fs::path folder_of(const run::Places& places, const Score& score) {
  return places.results / "mutants" / fmt::format("{}-{}", score.experiment, score.variant);
}

Task<Result<Score>> mutate(run::Session& session, MutateWish wish) {
  auto plan = co_await make_plan(session, wish);
  if (!plan) {
    co_return plan.error();
  }
  run::Session ours{session.places, session.interrupt, session.progress,
                    session.uri,    session.bisecting, session.connect};
  ours.places.results = folder_of(session.places, plan->score);
  if (auto made = make_directories(ours.places.results); !made) {
    co_return made.error();
  }
  Campaign campaign(std::move(ours), std::move(wish), std::move(*plan));
  co_return co_await campaign.run();
}

Task<Result<Score>> list_mutants(run::Session& session, MutateWish wish) {
  auto plan = co_await make_plan(session, std::move(wish));
  if (!plan) {
    co_return plan.error();
  }
  co_return std::move(plan->score);
}

}  // namespace assay::mutate
