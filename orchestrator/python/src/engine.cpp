// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine.hpp"

#include "base/log.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <dlfcn.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace assay::python {

struct Engine::State {
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(io);
  std::mutex mutex;
  std::condition_variable idle;
  std::size_t jobs = 0;  ///< under mutex
  pid_t process = ::getpid();
  std::optional<LogListener> debug = debug_log();
};

namespace {

/// Keeps the work alive while its coroutine runs: a lambda's captures are the lambda's.
Task<> carried(std::function<Task<>()> work) { co_await work(); }

}  // namespace

Engine::Engine() : state_(*new State) {
  std::thread([&state = state_] { state.io.run(); }).detach();
}

Engine& Engine::of_process() {
  static auto* engine = new Engine;
  return *engine;
}

bool Engine::is_forked() const { return state_.process != ::getpid(); }

void Engine::start(std::function<Task<>()> work) {
  {
    const std::scoped_lock lock(state_.mutex);
    ++state_.jobs;
  }
  const auto ended = [&state = state_](const std::exception_ptr& /*jobs tell their errors themselves*/) {
    const std::scoped_lock lock(state.mutex);
    --state.jobs;
    state.idle.notify_all();
  };
  asio::post(state_.io, [&state = state_, work = std::move(work), ended]() mutable {
    asio::co_spawn(state.io, carried(std::move(work)), ended);
  });
}

void Engine::post(std::function<void()> action) { asio::post(state_.io, std::move(action)); }

bool Engine::wait_idle(Duration limit) {
  std::unique_lock lock(state_.mutex);
  return state_.idle.wait_for(lock, limit, [this] { return state_.jobs == 0; });
}

std::filesystem::path program_folder() {
  Dl_info here{};
  static const char anchor = 0;
  if (::dladdr(&anchor, &here) == 0 || here.dli_fname == nullptr) {
    return {};
  }
  std::error_code error;
  // BUILD/orchestrator/python/assay/_native.so, when the package was not installed.
  const auto module = std::filesystem::canonical(here.dli_fname, error).parent_path();
  const auto built = module.parent_path().parent_path();
  return std::filesystem::exists(built / "libassay-rooms.a", error) ? built
                                                                    : std::filesystem::path(ASSAY_BINDIR);
}

}  // namespace assay::python
