// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/event_loop.hpp"

#include "base/async.hpp"
#include "base/handle.hpp"

#include <gtest/gtest.h>
#include <libvirt/libvirt.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <functional>
#include <string>
#include <thread>

namespace assay::machine {
namespace {

/// libvirt's view of a watch: a C callback and its opaque pointer.
struct Watch {
  std::function<void(int id, int events)> on_event;
  int calls = 0;
  int last_events = 0;
  std::atomic<bool> freed = false;

  static void on_handle(int id, int /*fd*/, int events, void* opaque) {
    auto& watch = *static_cast<Watch*>(opaque);
    EXPECT_FALSE(watch.freed);
    ++watch.calls;
    watch.last_events = events;
    if (watch.on_event) {
      watch.on_event(id, events);
    }
  }
  static void on_timer(int id, void* opaque) { on_handle(id, -1, 0, opaque); }
  static void on_free(void* opaque) { static_cast<Watch*>(opaque)->freed = true; }
};

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
    reading.reset(ends[0]);
    writing.reset(ends[1]);
  }
  void put() const { EXPECT_EQ(::write(writing.get(), "x", 1), 1); }
  void take() const {
    char c = 0;
    EXPECT_EQ(::read(reading.get(), &c, 1), 1);
  }
  UniqueFd reading;
  UniqueFd writing;
};

class EventLoop : public testing::Test {
 protected:
  void SetUp() override { use_for_libvirt(io_.get_executor()); }
  void TearDown() override { forget_libvirt_events(); }

  void run_for(int milliseconds) {
    io_.restart();
    io_.run_for(std::chrono::milliseconds(milliseconds));
  }
  /// Runs until `done`; false after five seconds.
  bool run_until(const std::function<bool()>& done) {
    io_.restart();
    const auto end = Clock::now() + std::chrono::seconds(60);
    while (!done() && Clock::now() < end) {
      io_.restart();
      io_.run_one_for(std::chrono::milliseconds(20));
    }
    return done();
  }
  static int watch_fd(int fd, int events, Watch& watch) {
    return virEventAddHandle(fd, events, Watch::on_handle, &watch, Watch::on_free);
  }
  static int watch_time(int milliseconds, Watch& watch) {
    return virEventAddTimeout(milliseconds, Watch::on_timer, &watch, Watch::on_free);
  }

  asio::io_context io_;
};

TEST_F(EventLoop, ReadableFiresOncePerByteThatIsTaken) {
  const Pipe pipe;
  Watch watch;
  watch.on_event = [&](int, int) { pipe.take(); };
  const int id = watch_fd(pipe.reading.get(), VIR_EVENT_HANDLE_READABLE, watch);
  run_for(30);
  EXPECT_EQ(watch.calls, 0);
  pipe.put();
  pipe.put();
  EXPECT_TRUE(run_until([&] { return watch.calls == 2; }));
  run_for(30);
  EXPECT_EQ(watch.calls, 2);
  EXPECT_EQ(watch.last_events, VIR_EVENT_HANDLE_READABLE);
  EXPECT_EQ(virEventRemoveHandle(id), 0);
  EXPECT_TRUE(run_until([&] { return watch.freed.load(); }));
}

TEST_F(EventLoop, WhatIsNotTakenFiresAgain) {
  const Pipe pipe;
  Watch watch;
  const int id = watch_fd(pipe.reading.get(), VIR_EVENT_HANDLE_READABLE, watch);
  pipe.put();
  EXPECT_TRUE(run_until([&] { return watch.calls >= 3; })) << "libvirt expects level triggering";
  virEventRemoveHandle(id);
}

TEST_F(EventLoop, UpdateInsideTheCallbackStopsAndStarts) {
  const Pipe pipe;
  Watch watch;
  watch.on_event = [](int id, int) { virEventUpdateHandle(id, 0); };
  const int id = watch_fd(pipe.reading.get(), VIR_EVENT_HANDLE_READABLE, watch);
  pipe.put();
  EXPECT_TRUE(run_until([&] { return watch.calls == 1; }));
  run_for(30);
  EXPECT_EQ(watch.calls, 1);
  virEventUpdateHandle(id, VIR_EVENT_HANDLE_READABLE);
  EXPECT_TRUE(run_until([&] { return watch.calls == 2; }));
  virEventRemoveHandle(id);
}

TEST_F(EventLoop, RemoveInsideTheCallbackFreesAfterwards) {
  const Pipe pipe;
  Watch watch;
  watch.on_event = [&](int id, int) {
    EXPECT_EQ(virEventRemoveHandle(id), 0);
    EXPECT_FALSE(watch.freed) << "libvirt forbids to free inside its own call";
    EXPECT_EQ(virEventRemoveHandle(id), -1);
  };
  watch_fd(pipe.reading.get(), VIR_EVENT_HANDLE_READABLE, watch);
  pipe.put();
  EXPECT_TRUE(run_until([&] { return watch.freed.load(); }));
  run_for(30);
  EXPECT_EQ(watch.calls, 1);
}

TEST_F(EventLoop, ReadingAndWritingAreWatchedTogether) {
  const Pipe pipe;
  Watch watch;
  const int id = watch_fd(pipe.writing.get(), VIR_EVENT_HANDLE_READABLE | VIR_EVENT_HANDLE_WRITABLE, watch);
  EXPECT_TRUE(run_until([&] { return watch.last_events == VIR_EVENT_HANDLE_WRITABLE; }));
  virEventRemoveHandle(id);
}

TEST_F(EventLoop, HangUpIsSeen) {
  Pipe pipe;
  Watch watch;
  const int id = watch_fd(pipe.reading.get(), VIR_EVENT_HANDLE_READABLE, watch);
  pipe.writing.reset();
  EXPECT_TRUE(run_until([&] { return watch.calls > 0; }));
  virEventRemoveHandle(id);
}

TEST_F(EventLoop, AFileDescriptorMayBeClosedAndUsedAgainRightAfterItsRemoval) {
  for (int round = 0; round < 50; ++round) {
    Pipe pipe;
    Watch watch;
    watch.on_event = [&](int, int) { pipe.take(); };
    const int id = watch_fd(pipe.reading.get(), VIR_EVENT_HANDLE_READABLE, watch);
    pipe.put();
    ASSERT_TRUE(run_until([&] { return watch.calls == 1; }));
    ASSERT_EQ(virEventRemoveHandle(id), 0);
    pipe.reading.reset();
    pipe.writing.reset();
    ASSERT_TRUE(run_until([&] { return watch.freed.load(); }));
  }
}

TEST_F(EventLoop, TimerRepeatsUntilItIsSwitchedOff) {
  Watch watch;
  watch.on_event = [&](int id, int) {
    if (watch.calls == 3) {
      virEventUpdateTimeout(id, -1);
    }
  };
  const int id = watch_time(5, watch);
  EXPECT_TRUE(run_until([&] { return watch.calls == 3; }));
  run_for(50);
  EXPECT_EQ(watch.calls, 3);
  virEventUpdateTimeout(id, 0);
  EXPECT_TRUE(run_until([&] { return watch.calls > 3; }));
  virEventRemoveTimeout(id);
  EXPECT_TRUE(run_until([&] { return watch.freed.load(); }));
}

TEST_F(EventLoop, TimerThatIsOffOrRemovedNeverFires) {
  Watch off;
  Watch removed;
  const int off_id = watch_time(-1, off);
  EXPECT_EQ(virEventRemoveTimeout(watch_time(0, removed)), 0);
  EXPECT_EQ(virEventRemoveTimeout(12345678), -1);
  run_for(50);
  EXPECT_EQ(off.calls, 0);
  EXPECT_EQ(removed.calls, 0);
  EXPECT_TRUE(removed.freed);
  virEventRemoveTimeout(off_id);
}

TEST_F(EventLoop, TimerRemovesItselfInItsCallback) {
  Watch watch;
  watch.on_event = [](int id, int) { virEventRemoveTimeout(id); };
  watch_time(1, watch);
  EXPECT_TRUE(run_until([&] { return watch.freed.load(); }));
  run_for(30);
  EXPECT_EQ(watch.calls, 1);
}

TEST_F(EventLoop, OtherThreadsAddChangeAndRemoveWhileItRuns) {
  constexpr int rounds = 300;
  std::atomic<bool> done = false;
  std::array<Watch, rounds> watches;
  std::array<Watch, rounds> timers;
  const Pipe pipe;
  pipe.put();
  std::thread other([&] {
    for (int i = 0; i < rounds; ++i) {
      const int id = watch_fd(pipe.reading.get(), VIR_EVENT_HANDLE_READABLE, watches.at(i));
      const int timer = watch_time(0, timers.at(i));
      virEventUpdateHandle(id, i % 2 == 0 ? 0 : VIR_EVENT_HANDLE_READABLE);
      virEventUpdateTimeout(timer, i % 3);
      std::this_thread::yield();
      virEventRemoveHandle(id);
      virEventRemoveTimeout(timer);
    }
    done = true;
  });
  const bool all_freed = run_until([&] {
    return done &&
           std::all_of(watches.begin(), watches.end(), [](auto& watch) { return watch.freed.load(); }) &&
           std::all_of(timers.begin(), timers.end(), [](auto& watch) { return watch.freed.load(); });
  });
  other.join();
  EXPECT_TRUE(all_freed);
}

TEST_F(EventLoop, OutlivesItsIoContext) {
  const Pipe pipe;
  Watch watch;
  const int id = watch_fd(pipe.reading.get(), VIR_EVENT_HANDLE_READABLE, watch);
  run_for(5);
  forget_libvirt_events();
  virEventUpdateHandle(id, 0);  // libvirt's threads do not know that the loop is gone
  EXPECT_EQ(virEventRemoveHandle(id), 0);
  asio::io_context next;
  use_for_libvirt(next.get_executor());
  Watch again;
  const int other = watch_fd(pipe.reading.get(), VIR_EVENT_HANDLE_READABLE, again);
  pipe.put();
  const auto end = Clock::now() + std::chrono::seconds(60);
  while (again.calls == 0 && Clock::now() < end) {
    next.run_one_for(std::chrono::milliseconds(20));
  }
  EXPECT_GT(again.calls, 0);
  virEventRemoveHandle(other);
  forget_libvirt_events();
}

}  // namespace
}  // namespace assay::machine
