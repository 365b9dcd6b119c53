// SPDX-License-Identifier: GPL-2.0-or-later
#include "suite/suite.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "kernel/variant_load.hpp"
#include "machine/hypervisor.hpp"
#include "run/kernels.hpp"
#include "run/looks.hpp"
#include "suite/ltp.hpp"
#include "suite/one_run.hpp"
#include "suite/source.hpp"
#include "suite/stress.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace assay::suite {
namespace {

/// One connection for all guests: libvirt's embedded driver has room for few in a process.
class Borrowed final : public machine::Hypervisor {
 public:
  explicit Borrowed(machine::Hypervisor& owner) : owner_(owner) {}
  Task<Result<std::unique_ptr<machine::Guest>>> create(machine::MachineSpec machine,
                                                       machine::BootSpec boot) override {
    return owner_.create(std::move(machine), std::move(boot));
  }
  Task<Result<std::string>> command_line(std::string xml) override {
    return owner_.command_line(std::move(xml));
  }
  Task<AccelChoice> choose_accel(Arch arch) override { return owner_.choose_accel(arch); }
  [[nodiscard]] const fs::path& socket_folder() const override { return owner_.socket_folder(); }
  Task<Status> close() override { co_return Status(); }

 private:
  machine::Hypervisor& owner_;
};

Result<std::vector<kernel::Variant>> load_variants(const run::Places& places, const Wish& wish) {
  std::vector<kernel::Variant> variants;
  for (const auto& name : wish.kernels) {
    auto variant = kernel::load_variant(places.images, name, Arch::x86_64);
    if (!variant) {
      return variant.error();
    }
    variants.push_back(std::move(*variant));
  }
  return variants;
}

/// Whether another guest may do better: nothing is wrong with what was asked for.
bool is_lost(const Error& error) {
  return error.kind() == Failure::boot || error.kind() == Failure::infrastructure;
}

class SuiteRun {
 public:
  SuiteRun(const run::Session& session, Wish wish)
      : session_(session), wish_(std::move(wish)), connect_(session.connect) {
    session_.connect = [this](machine::LibvirtOptions options) { return borrow(std::move(options)); };
  }

  Task<Result<Outcome>> carry_out() {
    outcome_.names = wish_.names;
    auto prepared = co_await prepare();
    if (!prepared || wish_.only_list) {
      co_return prepared ? Result<Outcome>(std::move(outcome_)) : prepared.error();
    }
    session_.progress.stop_means("the guest is being destroyed");
    auto closed = co_await run_all();
    if (!closed && !outcome_.trouble) {
      outcome_.trouble = closed.error();
    }
    if (outcome_.trouble && outcome_.base.empty() && outcome_.head.empty()) {
      co_return *outcome_.trouble;
    }
    co_return std::move(outcome_);
  }

 private:
  Task<Status> prepare() {
    auto variants = load_variants(session_.places, wish_);
    if (!variants) {
      co_return variants.error();
    }
    auto plan = co_await make_plan(variants->back());
    if (!plan) {
      co_return plan.error();
    }
    outcome_.plan = std::move(*plan);
    if (auto chosen = choose_categories(outcome_.plan, wish_.categories); !chosen || wish_.only_list) {
      co_return chosen;
    }
    if (auto added = add_needs(outcome_.plan, session_.places.cache / "suites"); !added) {
      co_return added;
    }
    auto kernels = co_await kernels_of(std::move(*variants));
    if (!kernels) {
      co_return kernels.error();
    }
    outcome_.same_kernel = kernels->size() == 2 && kernels->front().id == kernels->back().id;
    for (std::size_t i = 0; i < kernels->size(); ++i) {
      note_lacking((*kernels)[i], wish_.names[i]);
    }
    co_return Status();
  }

  Task<Result<Plan>> make_plan(kernel::Variant variant) {
    if (wish_.suite == ltp_suite) {
      co_return plan_of_ltp(wish_.ltp);
    }
    if (wish_.suite == stress_suite) {
      const StressLimits limits{wish_.stress_time, wish_.stress_ops};
      co_return co_await plan_of_stress(limits);
    }
    TestFolders folders{wish_.tree, wish_.tests};
    auto places = session_.places;
    auto source = co_await find_tests(std::move(places), std::move(variant), std::move(folders));
    if (!source) {
      co_return source.error();
    }
    session_.progress.stop_means("the compiler is being stopped");
    Say say = [this](std::string_view text) { session_.progress.on_note(text); };
    auto cache = session_.places.cache / "suites";
    auto name = wish_.suite;
    auto programs = co_await build_programs(std::move(cache), std::move(*source), std::move(name),
                                            session_.interrupt, std::move(say));
    co_return programs ? plan_of_target(*programs, wish_.suite) : Result<Plan>(programs.error());
  }

  /// Says nothing of those in the cache.
  Task<Result<std::vector<kernel::Kernel>>> kernels_of(std::vector<kernel::Variant> variants) {
    const auto options = run::builder_options(session_.places, 0);
    std::vector<kernel::Kernel> kernels;
    for (const auto& variant : variants) {
      auto found = co_await kernel::find_built(variant, options);
      if (!found) {
        co_return found.error();
      }
      if (*found) {
        kernels.push_back(std::move(**found));
      }
    }
    if (kernels.size() == variants.size()) {
      co_return kernels;
    }
    co_return co_await run::build_kernels(std::move(variants), options, session_.progress,
                                          session_.interrupt);
  }

  void note_lacking(const kernel::Kernel& kernel, const std::string& name) {
    const auto got = kernel.config.empty() ? Result<std::string>(std::string()) : read_file(kernel.config);
    if (!got || got->empty() || (outcome_.same_kernel && !outcome_.lacking.empty())) {
      return;
    }
    std::ranges::move(lacking_options(name, outcome_.plan.config, *got, session_.places.images),
                      std::back_inserter(outcome_.lacking));
  }

  /// Error: of what comes behind the last category.
  Task<Status> run_all() {
    using namespace asio::experimental::awaitable_operators;
    co_await (run_categories() || run::keep_fresh(session_.progress));
    session_.progress.clear();
    if (hypervisor_) {
      co_return co_await hypervisor_->close();
    }
    co_return Status();
  }

  Task<Result<std::unique_ptr<machine::Hypervisor>>> borrow(machine::LibvirtOptions options) {
    using Owned = std::unique_ptr<machine::Hypervisor>;
    if (!hypervisor_) {
      auto connected = co_await connect_(std::move(options));
      if (!connected) {
        co_return connected.error();
      }
      hypervisor_ = std::move(*connected);
    }
    co_return Owned(std::make_unique<Borrowed>(*hypervisor_));
  }

  Task<bool> run_categories() {
    const auto& categories = outcome_.plan.categories;
    session_.progress.begin_work("categories", categories.size(), 0);
    std::optional<Error> over;
    unsigned missed_in_a_row = 0;
    for (const auto& category : categories) {
      if (over) {
        outcome_.missed.push_back({category.name, "the suite ended before: " + over->text()});
        continue;
      }
      const auto ran = co_await run_trials(category);
      missed_in_a_row = ran ? 0 : missed_in_a_row + 1;
      if (!ran) {
        miss(category.name, ran.error());
        over = is_lost(ran.error()) && missed_in_a_row < 2 ? std::nullopt : std::optional(ran.error());
      }
      session_.progress.work_done();
    }
    co_return true;
  }

  void miss(const std::string& category, const Error& error) {
    outcome_.missed.push_back({category, error.text()});
    if (!outcome_.trouble || !is_lost(error)) {
      outcome_.trouble = error;
    }
  }

  Task<Status> run_trials(const Category& category) {
    const auto sides = wish_.kernels.size();
    for (unsigned trial = 0; trial < wish_.trials; ++trial) {
      for (std::size_t side = 0; side < sides; ++side) {
        // A B B A: a drift of the host falls on both sides.
        const auto turn = trial % 2 == 0 ? side : sides - 1 - side;
        auto ran = co_await run_once(category, turn, trial);
        if (!ran && is_lost(ran.error())) {
          session_.progress.on_note(ran.error().text() + "; trying once more");
          ran = co_await run_once(category, turn, trial);
        }
        if (!ran) {
          co_return ran;
        }
      }
      if (sides == 2 && !may_differ(outcome_.base, outcome_.head, category.name)) {
        break;
      }
    }
    co_return Status();
  }

  Task<Status> run_once(const Category& category, std::size_t side, unsigned trial) {
    trial::GuestJob job;
    job.variant = wish_.names[side];
    job.machine = "a guest";
    job.repeat = trial;
    session_.progress.on_phase(0, job, run::Progress::Phase::running, category.name);
    GuestLimits limits{wish_.memory, wish_.accel, wish_.timeout};
    auto wished = category;
    auto kernel = wish_.kernels[side];
    auto ran = co_await run_category(session_, outcome_.plan, std::move(wished), std::move(kernel),
                                     std::move(limits), outcome_.notes);
    session_.progress.on_slot_free(0);
    if (!ran) {
      co_return ran.error();
    }
    (side == 0 ? outcome_.base : outcome_.head).push_back(std::move(*ran));
    co_return Status();
  }

  run::Session session_;  ///< whose connect() lends what is connected already
  Wish wish_;
  run::Connect connect_;
  std::unique_ptr<machine::Hypervisor> hypervisor_;
  Outcome outcome_;
};

}  // namespace

Task<Result<Outcome>> run_suite(run::Session& session, Wish wish) {
  SuiteRun run(session, std::move(wish));
  co_return co_await run.carry_out();
}

Task<Result<std::vector<std::string>>> list_suites(run::Session& session, Wish wish) {
  auto variants = load_variants(session.places, wish);
  if (!variants) {
    co_return variants.error();
  }
  TestFolders folders{wish.tree, wish.tests};
  auto variant = std::move(variants->back());
  auto places = session.places;
  auto source = co_await find_tests(std::move(places), std::move(variant), std::move(folders));
  if (!source) {
    co_return source.error();
  }
  session.progress.stop_means("the compiler is being stopped");
  Say say = [&session](std::string_view text) { session.progress.on_note(text); };
  auto cache = session.places.cache / "suites";
  co_return co_await list_targets(std::move(cache), std::move(*source), session.interrupt, std::move(say));
}

}  // namespace assay::suite
