// SPDX-License-Identifier: GPL-2.0-or-later
#include "suite/one_run.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "program/exit_code.hpp"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

namespace assay::suite {
namespace {

/// The output, read as it comes.
class ReadOutput final : public program::Streams {
 public:
  explicit ReadOutput(Reader& reader) : reader_(reader) {}
  Status begin() override { return {}; }
  Task<Result<bool>> write(link::Stream /*stream*/, std::string_view bytes) override {
    reader_.feed(bytes);
    co_return true;
  }
  void on_news(std::function<void()> /*wake*/) override {}
  std::optional<Input> input() override { return std::nullopt; }
  std::optional<link::TerminalSize> resized() override { return std::nullopt; }
  [[nodiscard]] bool left() const override { return false; }
  [[nodiscard]] Status trouble() const override { return {}; }

 private:
  Reader& reader_;
};

/// What the script would have run in a category and did not come to.
void add_those_left(const Plan& plan, std::string_view ended, CategoryRun& run) {
  const auto ran = [&](const Planned& test) {
    const bool is_known = test.name.find('$') == std::string::npos;
    return std::ranges::any_of(run.tests, [&](const TestEnd& end) {
      return is_known ? end.name == test.name : end.name.starts_with(test.program);
    });
  };
  for (const auto& test : plan.planned) {
    if (test.category != run.category || test.program.empty() || ran(test)) {
      continue;
    }
    std::string why = "run_vmtests.sh leaves it out here";
    if (!is_there(plan.folder / test.program)) {
      why = test.program.ends_with("_32")
                ? "not built: gcc makes no 32-bit programs; apt install gcc-multilib"
                : "not built";
    } else if (!ended.empty()) {
      why = ended;
    }
    run.tests.push_back({test.name, End::not_run, std::move(why), {}});
  }
}

/// Says of programs that were not there why.
void explain_missing(const Plan& plan, CategoryRun& run) {
  for (auto& test : run.tests) {
    const auto program = fs::path(test.name.substr(0, test.name.find(' '))).filename().string();
    const auto missing = std::ranges::find(plan.not_built, program, &NotBuilt::program);
    if (test.end == End::not_run && missing != plan.not_built.end() && !missing->why.empty()) {
      test.reason = "not built: " + missing->why;
    }
  }
}

void add_findings(const std::vector<finding::Report>& findings, CategoryRun& run) {
  for (const auto& report : findings) {
    // Titles name CPU, process and line: only the fingerprint is the same in the next run.
    TestEnd finding{"kernel: " + report.fingerprint, End::failed, one_line(report.title), {}, true};
    if (std::ranges::find(run.tests, finding.name, &TestEnd::name) != run.tests.end()) {
      continue;
    }
    for (const auto line : split(report.text, '\n')) {
      finding.text.emplace_back(line);
    }
    run.tests.push_back(std::move(finding));
  }
}

run::GuestWish guest_wish(const Plan& plan, const std::string& kernel, const GuestLimits& limits) {
  run::GuestWish guest;
  guest.kernel = kernel;
  guest.arch = "x86_64";
  guest.machine.insert("memory", limits.memory);
  guest.machine.insert("swap", "512M");
  guest.machine.insert("nodes", 2);
  guest.machine.insert("accel", limits.accel);
  guest.programs = plan.files;
  return guest;
}

/// The plan's own variables, and what it leaves to us.
std::vector<std::string> environment_of(const Plan& plan) {
  auto environment = plan.environment;
  for (const std::string_view usual : {"PATH=/sbin:/bin:/usr/sbin:/usr/bin", "HOME=/root", "TERM=dumb"}) {
    const auto name = usual.substr(0, usual.find('=') + 1);
    if (std::ranges::none_of(plan.environment, [&](const auto& one) { return one.starts_with(name); })) {
      environment.emplace_back(usual);
    }
  }
  return environment;
}

/// For a folder's name.
std::string folder_word(std::string text) {
  std::ranges::replace(text, '/', '-');
  return text;
}

}  // namespace

CategoryRun read_run(const Plan& plan, const Category& category, const program::GuestRun& ran,
                     Reader& reader) {
  ProgramEnd end;
  if (ran.died) {
    end.cut = "the guest died: " + one_line(ran.died->why);
  } else if (ran.program.how != link::ProgramEnd::exited) {
    end.cut = one_line(program::end_text(ran.program));
  } else {
    end.code = ran.program.code;
  }
  CategoryRun run{category.name, reader.finish(end)};
  auto left = end.cut;
  if (run.tests.empty() && left.empty()) {
    left = fmt::format("run_vmtests.sh ended with {} before any test", end.code);
  }
  add_those_left(plan, left, run);
  explain_missing(plan, run);
  add_findings(ran.findings, run);
  return run;
}

Task<Result<CategoryRun>> run_category(run::Session& session, const Plan& plan, Category category,
                                       std::string kernel, GuestLimits limits,
                                       std::vector<std::string>& notes) {
  if (!category.not_run.empty()) {
    CategoryRun none{category.name, {{category.name, End::not_run, category.not_run, {}}}};
    co_return none;
  }
  auto wish = guest_wish(plan, kernel, limits);
  auto what = folder_word(plan.suite + "-" + category.name);
  auto prepared = co_await run::prepare_guest(session, std::move(wish), std::move(what));
  if (!prepared) {
    co_return prepared.error();
  }
  for (const auto& note : prepared->notes) {
    if (std::ranges::find(notes, note) == notes.end()) {
      notes.push_back(note);
      session.progress.on_note(note);
    }
  }
  program::Request request;
  request.program.arguments = category.arguments;
  request.program.arguments.insert(request.program.arguments.begin(), std::string(guest_start));
  request.program.environment = environment_of(plan);
  request.program.timeout_ns = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(limits.timeout).count());
  request.program.merged = true;
  const auto reader = make_reader(plan.dialect, category.name);
  ReadOutput streams(*reader);
  auto ran = co_await program::run_in_guest(*prepared->hypervisor, std::move(prepared->spec),
                                            session.interrupt, std::move(request), streams);
  if (!ran) {
    co_return ran.error().within("run " + category.name);
  }
  co_return read_run(plan, category, *ran, *reader);
}

}  // namespace assay::suite
