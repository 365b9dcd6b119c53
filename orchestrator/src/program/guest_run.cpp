// SPDX-License-Identifier: GPL-2.0-or-later
#include "program/guest_run.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace assay::program {
namespace {

/// A program of which only the end is of interest.
class Unheard final : public Streams {
 public:
  Status begin() override { return {}; }
  Task<Result<bool>> write(link::Stream /*stream*/, std::string_view /*bytes*/) override { co_return true; }
  void on_news(std::function<void()> /*wake*/) override {}
  std::optional<Input> input() override { return std::nullopt; }
  std::optional<link::TerminalSize> resized() override { return std::nullopt; }
  [[nodiscard]] bool left() const override { return false; }
  [[nodiscard]] Status trouble() const override { return {}; }
};

Task<Status> run_before(Conversation& conversation, Request& request) {
  if (!request.before) {
    co_return Status();
  }
  const auto name = request.before->arguments.front();
  Unheard streams;
  auto ended = co_await conversation.run(std::move(*request.before), streams);
  if (!ended) {
    co_return ended.error();
  }
  if (ended->how != link::ProgramEnd::exited || ended->code != 0) {
    co_return fail(Failure::infrastructure, "cannot prepare the guest: {} failed: {}", name, ended->reason);
  }
  co_return Status();
}

/// The program, when there is one, and then whoever stays.
Task<Result<link::Ended>> run_program(guest::LiveGuest& guest, Conversation& conversation, Request& request,
                                      Streams& streams) {
  if (request.debugged && request.debugged->stops) {
    if (auto stopped = co_await guest.pause(); !stopped) {
      co_return stopped.error();
    }
  }
  if (auto begun = streams.begin(); !begun) {
    co_return begun.error();
  }
  Result<link::Ended> ended = link::Ended();
  if (!request.program.arguments.empty()) {
    ended = co_await conversation.run(std::move(request.program), streams);
  }
  if (ended && request.debugged && request.debugged->stays) {
    if (auto stayed = co_await conversation.stay(streams); !stayed) {
      co_return stayed.error();
    }
  }
  co_return ended;
}

/// `most` content comes out, at most, for each result.
Task<Result<GuestRun>> carry_out(guest::LiveGuest& guest, Conversation& conversation, Request& request,
                                 Streams& streams, Bytes most) {
  if (!request.files.empty()) {
    auto stored = co_await conversation.store(std::move(request.files));
    if (!stored) {
      co_return stored.error().within("copy files into the guest");
    }
  }
  if (auto prepared = co_await run_before(conversation, request); !prepared) {
    co_return prepared.error();
  }
  GuestRun end;
  auto ended = co_await run_program(guest, conversation, request, streams);
  if (!ended) {
    co_return ended.error();
  }
  end.program = std::move(*ended);
  for (auto& file : request.results) {
    auto fetched = co_await conversation.fetch(file, most);
    if (!fetched && (conversation.died() || fetched.error().kind() == Failure::interrupted)) {
      co_return fetched.error();
    }
    if (!fetched) {
      end.not_fetched.push_back(
          fetched.error().within(fmt::format("copy {} out of the guest", file.guest)).text());
      continue;
    }
    std::ranges::move(fetched->missing, std::back_inserter(end.not_fetched));
    std::ranges::move(fetched->remarks, std::back_inserter(end.remarks));
  }
  co_return end;
}

class ProgramVisit final : public guest::Visitor {
 public:
  ProgramVisit(Request request, Streams& streams, const machine::MachineSpec& machine)
      : request_(std::move(request)), streams_(streams), most_(machine.memory + machine.swap) {}

  void on_phase(Phase phase) override {
    if (phase == Phase::booting && request_.debugged && request_.debugged->on_created) {
      request_.debugged->on_created();
    }
  }

  Task<> visit(guest::LiveGuest& guest, const link::Hello& hello) override {
    if (request_.on_hello) {
      request_.on_hello(hello);
    }
    streams_.on_news([&guest] { guest.wake(); });
    Conversation conversation(guest, request_.debugged ? request_.debugged->on_report : OnReport());
    end_ = co_await carry_out(guest, conversation, request_, streams_, most_);
    streams_.on_news({});
    if (!*end_ && conversation.died()) {
      end_ = GuestRun{};
      (*end_)->died = conversation.died();
    }
    if (*end_) {
      (*end_)->findings = conversation.findings();
    }
  }

  /// Nothing when the guest never said hello.
  [[nodiscard]] std::optional<Result<GuestRun>>& end() { return end_; }

 private:
  Request request_;
  Streams& streams_;
  Bytes most_;  ///< content of a file of the guest
  std::optional<Result<GuestRun>> end_;
};

}  // namespace

Task<Result<GuestRun>> run_in_guest(machine::Hypervisor& hypervisor, guest::Spec spec, Interrupt& interrupt,
                                    Request request, Streams& streams) {
  const auto patience = request.debugged ? guest::Patience::with_debugger() : guest::Patience();
  ProgramVisit visit(std::move(request), streams, spec.machine);
  const auto life = co_await guest::live(hypervisor, std::move(spec), interrupt, patience, visit);
  if (visit.end() && !*visit.end()) {
    co_return visit.end()->error();
  }
  if (auto status = life.status(); !status) {
    co_return status.error();
  }
  co_return std::move(*visit.end());
}

}  // namespace assay::program
