// SPDX-License-Identifier: GPL-2.0-or-later
#include "worker/worker.hpp"

#include "base/console.hpp"
#include "contract/context.hpp"
#include "wire/encoder.hpp"
#include "wire/worker_fds.hpp"
#include "worker/file_orders.hpp"
#include "worker/program_measure.hpp"
#include "worker/program_order.hpp"
#include "worker/worker_pipe.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <exception>
#include <optional>

namespace assay::agent {
namespace {

void send_result(Reporter& reporter, const Ending& ending, const Context* context) {
  flatbuffers::FlatBufferBuilder builder(std::size_t{32} << 10U);
  std::vector<flatbuffers::Offset<wire::Counter>> counters;
  std::vector<flatbuffers::Offset<wire::Check>> checks;
  std::uint64_t begin_ns = 0;
  std::uint64_t end_ns = 0;
  const auto add_counter = [&](std::string_view name, std::int64_t value) {
    counters.push_back(wire::CreateCounter(builder, builder.CreateString(name.data(), name.size()), value));
  };
  if (context != nullptr) {
    for (const auto& one : context->counters()) {
      add_counter(one.name, one.value);
    }
    if (context->measurement().ended()) {
      begin_ns = context->measurement().begin_ns();
      end_ns = context->measurement().end_ns();
      for (const auto& [name, value] : context->measurement().changes()) {
        add_counter(name, value);
      }
    }
    for (const auto& one : context->checks()) {
      checks.push_back(wire::CreateCheckDirect(builder, one.name.c_str(), one.ok, one.detail.c_str()));
    }
  }
  const auto counters_at = builder.CreateVector(counters);
  const auto checks_at = builder.CreateVector(checks);
  const auto reason_at = builder.CreateString(ending.reason.substr(0, longest_text));
  send_message(reporter, builder,
               wire::CreateResult(builder, ending.order, ending.fate, ending.code, ending.outcome, reason_at,
                                  counters_at, checks_at, begin_ns, end_ns));
}

const Workload& workload_of(const wire::Start& start) {
  const std::string name = start.workload()->str();
  if (const Workload* workload = find_workload(name)) {
    return *workload;
  }
  std::vector<std::string_view> names;
  for (const auto& one : all_workloads()) {
    names.push_back(one.name);
  }
  throw Refusal("unknown workload \"" + name + "\"" + did_you_mean(name, names));
}

Values values_of(const Workload& workload, const wire::Start& start) {
  Values::Given given;
  if (start.parameters() != nullptr) {
    for (const auto* one : *start.parameters()) {
      given.emplace_back(one->name()->str(), one->value()->str());
    }
  }
  return {workload, given};
}

void judge(const Context& context, Ending& ending) {
  ending.outcome = wire::Outcome::pass;
  for (const auto& check : context.checks()) {
    if (!check.ok) {
      ending.outcome = wire::Outcome::fail;
      ending.reason = "check " + check.name + " failed" + (check.detail.empty() ? "" : ": " + check.detail);
      return;
    }
  }
}

/// 0 for a message that is no order for a worker.
std::uint64_t order_of(const wire::Frame& message) {
  switch (message.message_type()) {
    case wire::Message::Start:
      return message.message_as_Start()->order();
    case wire::Message::StoreFiles:
      return message.message_as_StoreFiles()->order();
    case wire::Message::FetchFiles:
      return message.message_as_FetchFiles()->order();
    case wire::Message::RunProgram:
      return message.message_as_RunProgram()->order();
    default:
      return 0;
  }
}

void run_workload(const wire::Start& start, OrderPipe& orders, Ending& ending,
                  std::optional<Context>& context, Reporter& reporter) {
  if (start.program() != nullptr) {
    context.emplace(program_workload(), Values(program_workload(), {}), start.order(), start.seed(),
                    reporter);
    try_program(start, orders, *context);
    judge(*context, ending);
    return;
  }
  const Workload& workload = workload_of(start);
  context.emplace(workload, values_of(workload, start), start.order(), start.seed(), reporter);
  workload.run(*context);
  judge(*context, ending);
}

/// `message` is valid until `orders` is read from.
Ending carry_out(const wire::Frame& message, OrderPipe& orders, std::optional<Context>& context,
                 Reporter& reporter) {
  Ending ending{.order = order_of(message)};
  try {
    if (const auto* start = message.message_as_Start()) {
      run_workload(*start, orders, ending, context, reporter);
      return ending;
    }
    if (const auto* store = message.message_as_StoreFiles()) {
      store_files(*store, orders, reporter);
    } else if (const auto* fetch = message.message_as_FetchFiles()) {
      fetch_files(*fetch, reporter);
    } else if (const auto* run = message.message_as_RunProgram()) {
      run_program(*run, orders, reporter);
    } else {
      throw Refusal("this is no order for a worker");
    }
    ending.outcome = wire::Outcome::pass;
  } catch (const Refusal& refusal) {
    ending.fate = wire::Fate::refused;
    ending.reason = refusal.what();
  } catch (const WorkloadSkip& skip) {
    ending.outcome = wire::Outcome::skip;
    ending.reason = skip.what();
  } catch (const std::exception& error) {
    ending.fate = wire::Fate::exited;
    ending.code = 1;
    ending.reason = error.what();
  }
  return ending;
}

}  // namespace

int run_worker() {
  ::prctl(PR_SET_NAME, "assay-worker");  // else "exe", of /proc/self/exe, in what the kernel says of it
  for (const int fd : {worker_orders_fd, worker_reports_fd}) {
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
  OrderPipe orders;
  const wire::Frame* message = orders.next();
  if (message == nullptr) {
    say("a worker got no order");
    return 1;
  }
  PipeReporter reporter;
  std::optional<Context> context;
  const Ending ending = carry_out(*message, orders, context, reporter);
  send_result(reporter, ending, context ? &*context : nullptr);
  // Without destructors: what a workload left behind goes with the process.
  ::_exit(ending.code);
}

}  // namespace assay::agent
