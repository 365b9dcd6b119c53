// SPDX-License-Identifier: GPL-2.0-or-later
#include "suite/programs.hpp"

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/lock_in_turn.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "run/kernels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace assay::suite {
namespace {

Task<Result<std::string>> key_of(TestSource source) {
  Command ask;
  ask.argv = {"gcc", "--version"};
  auto version = co_await output_of(std::move(ask));
  if (!version) {
    co_return version.error().within("compile the selftests");
  }
  Hasher hasher;
  hasher.add("source", source.source.sha256);
  for (const auto& patch : source.patches) {
    hasher.add(patch.reverse ? "patch taken back" : "patch", patch.text);
  }
  hasher.add("compiler", *version);
  hasher.add("environment", "none");
  for (const auto& part : Workshop::parts()) {
    hasher.add("part", part);
  }
  co_return hasher.finish().substr(0, 16);
}

/// A workshop that is ours alone.
struct Entered {
  FileLock held;
  Workshop workshop;
  bool may_build = true;
};

Task<Result<Entered>> enter(fs::path cache, TestSource source, Say say) {
  auto key = co_await key_of(source);
  if (!key) {
    co_return key.error();
  }
  std::function<void()> wait = [&say, said = false]() mutable {
    if (!std::exchange(said, true)) {
      say("waiting for another assay that compiles these selftests");
    }
  };
  auto held = co_await lock_in_turn(cache / (*key + ".lock"), std::move(wait));
  if (!held) {
    co_return held.error();
  }
  const auto never = run::building_is_forbidden();
  if (!never) {
    co_return never.error();
  }
  Entered entered{std::move(*held), Workshop(cache / *key, std::move(source)), !*never};
  if (*never && !entered.workshop.is_prepared()) {
    co_return fail(Failure::build,
                   "the selftests are not built, and ASSAY_BUILD=never forbids to build them");
  }
  if (auto prepared = co_await entered.workshop.prepare(say); !prepared) {
    co_return prepared.error();
  }
  co_return std::move(entered);
}

/// The folder of a target, by the name that users know it by.
Result<std::string> target_in(const Workshop& workshop, const std::string& name) {
  const auto has = [&](const fs::path& target) {
    return is_there(workshop.selftests() / target / "Makefile");
  };
  const auto parts = fs::path(name).lexically_normal();
  const bool stays_below = parts.is_relative() && !parts.empty() && *parts.begin() != ".." && parts != ".";
  if (stays_below && has(parts)) {
    return parts.string();
  }
  if (name == "mm" && has("vm")) {
    return std::string("vm");
  }
  const auto targets = workshop.targets();
  return fail(
      Failure::usage,
      "there is no suite \"{}\" in tools/testing/selftests of this source{}; assay suite --list lists "
      "them",
      name, did_you_mean(name, targets ? *targets : std::vector<std::string>()));
}

Task<Result<Programs>> build(fs::path cache, TestSource source, std::string name, Say say) {
  auto entered = co_await enter(std::move(cache), std::move(source), say);
  if (!entered) {
    co_return entered.error();
  }
  auto& workshop = entered->workshop;
  auto target = target_in(workshop, name);
  if (!target) {
    co_return target.error();
  }
  auto missing = workshop.recorded(*target);
  if (!missing && !entered->may_build) {
    co_return fail(Failure::build,
                   "the selftests are not built, and ASSAY_BUILD=never forbids to build them");
  }
  if (!missing || (!missing->empty() && entered->may_build)) {
    say("compiling tools/testing/selftests/" + *target);
    auto compiled = co_await workshop.compile(*target);
    if (!compiled) {
      co_return compiled.error();
    }
    missing = std::move(*compiled);
  }
  auto named = co_await workshop.files_of(*target);
  if (!named) {
    co_return named.error();
  }
  co_return Programs{workshop.selftests(), std::move(*target), std::move(*missing), std::move(*named)};
}

Task<Result<std::vector<std::string>>> list(fs::path cache, TestSource source, Say say) {
  auto entered = co_await enter(std::move(cache), std::move(source), std::move(say));
  if (!entered) {
    co_return entered.error();
  }
  co_return entered->workshop.targets();
}

Error was_interrupted() {
  return fail(Failure::interrupted,
              "compiling the selftests was interrupted; what was not done is done by the next call");
}

}  // namespace

Task<Result<Programs>> build_programs(fs::path cache, TestSource source, std::string target,
                                      Interrupt& interrupt, Say say) {
  using namespace asio::experimental::awaitable_operators;
  auto first = co_await (build(std::move(cache), std::move(source), std::move(target), std::move(say)) ||
                         interrupt.wait());
  if (first.index() == 1) {
    co_return was_interrupted();
  }
  co_return std::get<0>(std::move(first));
}

Task<Result<std::vector<std::string>>> list_targets(fs::path cache, TestSource source, Interrupt& interrupt,
                                                    Say say) {
  using namespace asio::experimental::awaitable_operators;
  auto first = co_await (list(std::move(cache), std::move(source), std::move(say)) || interrupt.wait());
  if (first.index() == 1) {
    co_return was_interrupted();
  }
  co_return std::get<0>(std::move(first));
}

}  // namespace assay::suite
