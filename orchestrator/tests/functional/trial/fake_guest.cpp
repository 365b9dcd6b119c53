// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_guest.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <fstream>
#include <utility>

namespace assay::trial::fake {

using link::sample::Bytes;

Inside::Inside(machine::ChannelSocket socket, machine::BootSpec boot, unsigned number)
    : socket_(std::move(socket)), boot_(std::move(boot)), number_(number) {}

Task<bool> Inside::hello() {
  print("[    0.710189] booted\nassay-agent: ready\n");
  co_return co_await send(link::sample::hello());
}

Task<bool> Inside::send(Bytes payload) {
  auto frame = link::sample::framed(payload, sequence_++);
  co_return co_await send_raw(std::move(frame));
}

Task<bool> Inside::send_raw(Bytes bytes) {
  const auto [error, length] = co_await asio::async_write(socket_, asio::buffer(bytes), noexcept_awaitable);
  co_return !error;
}

Task<std::optional<std::uint64_t>> Inside::order() {
  std::array<std::byte, 4096> chunk{};
  while (true) {
    wire::FrameView frame;
    while (decoder_.next(frame)) {
      const auto& message = *wire::GetFrame(frame.payload.data());
      if (const auto* query = message.message_as_KernelLogQuery()) {
        co_await answer(*query);
      }
      if (const auto* show = message.message_as_ShowTasks()) {
        print("[   42.0] sysrq: Show State\n");
        co_await send(link::sample::pong(show->nonce()));
      }
      if (const auto* start = message.message_as_Start()) {
        workload_ = start->workload()->str();
        co_return start->order();
      }
      if (const auto* program = message.message_as_RunProgram()) {
        const auto& words = *program->arguments();
        workload_ = words.Get(words.size() - 1)->str();
        co_return program->order();
      }
    }
    const auto [error, length] = co_await socket_.async_read_some(asio::buffer(chunk), noexcept_awaitable);
    if (error) {
      co_return std::nullopt;
    }
    decoder_.feed(std::span(chunk).first(length));
  }
}

Task<> Inside::serve() {
  const link::sample::ResultWords pass;
  co_await serve(pass);
}

Task<> Inside::serve(const link::sample::ResultWords& words) {
  while (const auto number = co_await order()) {
    co_await send(link::sample::heartbeat());
    co_await send(link::sample::result(*number, words));
  }
}

Task<> Inside::answer(const wire::KernelLogQuery& query) {
  auto payload =
      link::sample::kernel_log_answer(query.nonce(), std::vector<bool>(query.texts()->size(), by_kernel));
  co_await send(std::move(payload));
}

Task<> Inside::questions(Duration how_long) {
  using namespace asio::experimental::awaitable_operators;
  co_await (pause_for(how_long) || order());
}

Task<> Inside::live() {
  using namespace asio::experimental::awaitable_operators;
  const auto beat = [](Inside& self) -> Task<> {
    bool heard = true;
    while (heard) {
      heard = co_await self.send(link::sample::heartbeat());
      co_await pause_for(std::chrono::milliseconds(100));
    }
  };
  co_await (beat(*this) || order());
}

void Inside::print(std::string_view text) const { std::ofstream(boot_.console_log, std::ios::app) << text; }

void Inside::end(std::string how) {
  ended_ = std::move(how);
  hang_up();
}

void Inside::hang_up() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

namespace {

/// Owns what the script refers to until the script ends.
Task<> play(std::shared_ptr<Inside> inside, Script script) { co_await script(*inside); }

class ScriptedGuest final : public machine::Guest {
 public:
  ScriptedGuest(const asio::any_io_executor& executor, machine::BootSpec boot, unsigned number, Script script,
                std::function<void()> gone)
      : near_(executor), gone_(std::move(gone)) {
    machine::ChannelSocket far(executor);
    asio::local::connect_pair(near_, far);
    inside_ = std::make_shared<Inside>(std::move(far), std::move(boot), number);
    asio::co_spawn(executor, play(inside_, std::move(script)), asio::detached);
  }

  Task<Result<machine::ChannelSocket>> open_channel() override { co_return std::move(near_); }
  Task<Result<Nanoseconds>> vcpu_time() override { co_return Nanoseconds(inside_->vcpu_time); }
  Task<Result<std::string>> registers() override { co_return std::string("pc: 0000000000456789"); }

  Task<Status> pause() override { co_return Status(); }
  Task<Status> inject_nmi() override {
    ++inside_->nmis;
    inside_->print("[   99.000000] NMI backtrace for cpu 0\n[   99.000100]  do_idle+0x93/0xf0\n");
    co_return Status();
  }
  Task<Result<std::string>> wait_end() override {
    while (!inside_->ended()) {
      co_await pause_for(std::chrono::milliseconds(10));
    }
    co_return *inside_->ended();
  }
  Task<Status> destroy() override {
    inside_->hang_up();
    std::exchange(gone_, [] {})();
    co_return Status();
  }

 private:
  machine::ChannelSocket near_;
  // Shared with the script, which ends a moment after the guest does.
  std::shared_ptr<Inside> inside_;
  std::function<void()> gone_;
};

}  // namespace

std::unique_ptr<machine::Guest> create_guest(const asio::any_io_executor& executor, machine::BootSpec boot,
                                             unsigned number, Script script, std::function<void()> gone) {
  return std::make_unique<ScriptedGuest>(executor, std::move(boot), number, std::move(script),
                                         std::move(gone));
}

}  // namespace assay::trial::fake
