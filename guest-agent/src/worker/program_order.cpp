// SPDX-License-Identifier: GPL-2.0-or-later
#include "worker/program_order.hpp"

#include "contract/parameters.hpp"
#include "mm/memory_cgroup.hpp"
#include "worker/guest_system.hpp"
#include "worker/program_measure.hpp"
#include "worker/program_run.hpp"

#include <signal.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace assay::agent {
namespace {

std::vector<std::string> texts(const flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>* list) {
  std::vector<std::string> result;
  if (list != nullptr) {
    for (const auto* one : *list) {
      result.push_back(one->str());
    }
  }
  return result;
}

ProgramSpec spec_of(const wire::RunProgram& order) {
  ProgramSpec spec;
  spec.arguments = texts(order.arguments());
  spec.environment = texts(order.environment());
  if (order.directory() != nullptr && order.directory()->size() > 0) {
    spec.directory = order.directory()->str();
  }
  spec.input = order.input();
  spec.terminal = order.terminal();
  spec.merged = order.merged();
  spec.size = {order.rows(), order.columns()};
  if (spec.arguments.empty() || spec.arguments.front().empty()) {
    throw Refusal("the order names no program");
  }
  return spec;
}

void send_end(Reporter& reporter, std::uint64_t order, const ProgramEnding& end) {
  flatbuffers::FlatBufferBuilder builder;
  send_message(reporter, builder,
               wire::CreateEndedDirect(builder, order, end.how, end.code, end.reason.c_str()));
}

void add_unless_given(std::vector<std::string>& environment, const std::string& name,
                      const std::string& value) {
  const auto is_it = [&](const auto& one) { return one.starts_with(name + "="); };
  if (std::ranges::none_of(environment, is_it)) {
    environment.push_back(name + "=" + value);
  }
}

/// As whom the order says, with what a login would put into the environment. Throws "cannot run as X: <why>".
void take_identity(ProgramSpec& spec, const std::string& wish) {
  spec.identity = find_identity(wish, "/etc");
  add_unless_given(spec.environment, "HOME", spec.identity->home);
  if (!spec.identity->name.empty()) {
    add_unless_given(spec.environment, "USER", spec.identity->name);
    add_unless_given(spec.environment, "LOGNAME", spec.identity->name);
  }
}

/// All that a message says of a program: the message itself does not outlive the next one.
struct Ordered {
  ProgramSpec spec;
  std::string user;
  std::uint64_t timeout_ns = 0;
};

Ordered ordered(const wire::RunProgram& order) {
  return {spec_of(order), order.user() != nullptr ? order.user()->str() : "", order.timeout_ns()};
}

std::optional<Ordered> ordered_if(const wire::RunProgram* order) {
  return order != nullptr ? std::optional(ordered(*order)) : std::nullopt;
}

/// One that cannot be started has its end, too.
ProgramEnding run_as_ordered(Ordered& program, std::uint64_t id, OrderPipe& orders, Reporter& reporter,
                             ProgramMeasure* measure) {
  ::signal(SIGPIPE, SIG_IGN);
  furnish_guest();
  if (!program.user.empty()) {
    try {
      take_identity(program.spec, program.user);
    } catch (const std::runtime_error& error) {
      return {wire::ProgramEnd::not_started, 0, error.what()};
    }
  }
  return run_to_end(program.spec, id, program.timeout_ns, orders, reporter, measure);
}

/// A program beside that of the trial: `what` is "the setup". What it leaves running is ended, too. Throws
/// WorkloadSkip when it does not end with 0.
void run_beside(const std::string& what, Ordered& beside, std::uint64_t id, OrderPipe& orders,
                Reporter& reporter) {
  const ProgramEnding end = run_as_ordered(beside, id, orders, reporter, nullptr);
  if (end.how == wire::ProgramEnd::not_started) {
    throw WorkloadSkip(what + " was not started: " + end.reason);
  }
  if (end.how != wire::ProgramEnd::exited) {
    throw WorkloadSkip(what + " was ended by signal " + std::to_string(end.code) + ": " + end.reason);
  }
  if (end.code != 0) {
    throw WorkloadSkip(what + " ended with exit code " + std::to_string(end.code));
  }
}

}  // namespace

void run_program(const wire::RunProgram& order, OrderPipe& orders, Reporter& reporter) {
  Ordered program = ordered(order);
  const std::uint64_t id = order.order();
  send_end(reporter, id, run_as_ordered(program, id, orders, reporter, nullptr));
}

void try_program(const wire::Start& start, OrderPipe& orders, Context& context) {
  const std::uint64_t id = start.order();
  const bool marks = start.marks();
  const auto limit = static_cast<std::int64_t>(start.memory_limit());
  Ordered program = ordered(*start.program());
  auto setup = ordered_if(start.setup());
  auto settle = ordered_if(start.settle());
  if (setup) {
    run_beside("the setup", *setup, id, orders, context.reporter());
  }
  ProgramMeasure measure(context, marks, settle.has_value());
  if (marks) {
    program.spec.marks = measure.program_ends();
    add_unless_given(program.spec.environment, "ASSAY_MARKS", std::to_string(program_marks_fd));
  }
  std::optional<MemoryCgroup> cgroup;
  if (limit != 0) {
    cgroup.emplace("program-" + std::to_string(id), limit);
    program.spec.cgroup = cgroup->entrance();
  }
  const ProgramEnding end = run_as_ordered(program, id, orders, context.reporter(), &measure);
  if (end.how == wire::ProgramEnd::not_started) {
    throw WorkloadSkip("the program was not started: " + end.reason);
  }
  if (settle) {
    run_beside("the settle program", *settle, id, orders, context.reporter());
    measure.end();
  }
  if (const std::int64_t peak = cgroup ? cgroup->peak() : 0; peak != 0) {
    context.counter("memory_peak", peak / 1024);
  }
  send_end(context.reporter(), id, end);
}

}  // namespace assay::agent
