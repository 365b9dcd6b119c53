// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/event_loop.hpp"

#include "base/handle.hpp"

#include <libvirt/libvirt.h>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <fcntl.h>

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace assay::machine {
namespace {

namespace asio = boost::asio;
using Descriptor = asio::posix::stream_descriptor;

/// A file descriptor that libvirt watches. The descriptor is a duplicate: libvirt may close its own at any
/// time, and may add one twice for different events (virEventAddHandleFunc in libvirt-event.h), which epoll
/// refuses.
struct Handle {
  int fd = -1;
  int events = 0;
  virEventHandleCallback callback = nullptr;
  void* opaque = nullptr;
  virFreeCallback release = nullptr;
  std::unique_ptr<Descriptor> descriptor;
  bool reading = false;
  bool writing = false;
};

struct Timer {
  int milliseconds = -1;  // -1: off
  virEventTimeoutCallback callback = nullptr;
  void* opaque = nullptr;
  virFreeCallback release = nullptr;
  std::unique_ptr<asio::steady_timer> timer;
};

class Loop {
 public:
  void attach(const asio::any_io_executor& executor) {
    const std::lock_guard lock(mutex_);
    executor_ = executor;
  }

  void detach() {
    const std::lock_guard lock(mutex_);
    executor_.reset();
    for (auto& [id, handle] : handles_) {
      handle.descriptor.reset();
    }
    for (auto& [id, timer] : timers_) {
      timer.timer.reset();
    }
  }

  int add_handle(Handle handle) {
    const std::lock_guard lock(mutex_);
    const int id = next_++;
    handles_.emplace(id, std::move(handle));
    post([this, id] { arm_handle(id); });
    return id;
  }

  void update_handle(int id, int events) {
    const std::lock_guard lock(mutex_);
    if (const auto found = handles_.find(id); found != handles_.end()) {
      found->second.events = events;
      post([this, id] { arm_handle(id); });
    }
  }

  int remove_handle(int id) {
    const std::lock_guard lock(mutex_);
    auto node = handles_.extract(id);
    if (node.empty()) {
      return -1;
    }
    release_later(node.mapped().release, node.mapped().opaque, std::move(node.mapped().descriptor));
    return 0;
  }

  int add_timer(Timer timer) {
    const std::lock_guard lock(mutex_);
    const int id = next_++;
    timers_.emplace(id, std::move(timer));
    post([this, id] { arm_timer(id); });
    return id;
  }

  void update_timer(int id, int milliseconds) {
    const std::lock_guard lock(mutex_);
    if (const auto found = timers_.find(id); found != timers_.end()) {
      found->second.milliseconds = milliseconds;
      post([this, id] { arm_timer(id); });
    }
  }

  int remove_timer(int id) {
    const std::lock_guard lock(mutex_);
    auto node = timers_.extract(id);
    if (node.empty()) {
      return -1;
    }
    release_later(node.mapped().release, node.mapped().opaque, std::move(node.mapped().timer));
    return 0;
  }

 private:
  template <class Work>
  void post(Work work) {
    if (executor_) {
      asio::post(*executor_, std::move(work));
    }
  }

  /// Inside of libvirt's calls `release` would deadlock (virEventAddHandleFunc in libvirt-event.h); asio
  /// objects die on the executor's thread.
  template <class Owned>
  void release_later(virFreeCallback release, void* opaque, Owned owned) {
    auto shared = std::make_shared<Owned>(std::move(owned));
    post([release, opaque, shared] {
      shared->reset();
      if (release != nullptr) {
        release(opaque);
      }
    });
  }

  void arm_handle(int id) {
    const std::lock_guard lock(mutex_);
    const auto found = handles_.find(id);
    if (found == handles_.end() || !executor_) {
      return;
    }
    auto& handle = found->second;
    if (!handle.descriptor) {
      UniqueFd copy(::fcntl(handle.fd, F_DUPFD_CLOEXEC, 0));
      if (!copy) {
        return;
      }
      handle.descriptor = std::make_unique<Descriptor>(*executor_, copy.release());
    }
    wait(id, handle, VIR_EVENT_HANDLE_READABLE, handle.reading, Descriptor::wait_read);
    wait(id, handle, VIR_EVENT_HANDLE_WRITABLE, handle.writing, Descriptor::wait_write);
  }

  void wait(int id, Handle& handle, int event, bool& waiting, Descriptor::wait_type type) {
    if ((handle.events & event) == 0 || std::exchange(waiting, true)) {
      return;
    }
    handle.descriptor->async_wait(type, [this, id, event](const boost::system::error_code& error) {
      if (error != asio::error::operation_aborted) {
        fire_handle(id, error ? VIR_EVENT_HANDLE_ERROR : event, event);
      }
    });
  }

  void fire_handle(int id, int event, int waited_for) {
    std::unique_lock lock(mutex_);
    const auto found = handles_.find(id);
    if (found == handles_.end()) {
      return;
    }
    auto& handle = found->second;
    (waited_for == VIR_EVENT_HANDLE_READABLE ? handle.reading : handle.writing) = false;
    const bool wanted = (handle.events & event) != 0 || event == VIR_EVENT_HANDLE_ERROR;
    const auto callback = handle.callback;
    const int fd = handle.fd;
    void* opaque = handle.opaque;
    lock.unlock();
    if (wanted) {
      callback(id, fd, event, opaque);
    }
    arm_handle(id);
  }

  void arm_timer(int id) {
    const std::lock_guard lock(mutex_);
    const auto found = timers_.find(id);
    if (found == timers_.end() || !executor_) {
      return;
    }
    auto& timer = found->second;
    timer.timer = std::make_unique<asio::steady_timer>(*executor_);  // drops the wait of an earlier setting
    if (timer.milliseconds < 0) {
      return;
    }
    timer.timer->expires_after(std::chrono::milliseconds(timer.milliseconds));
    timer.timer->async_wait([this, id](const boost::system::error_code& error) {
      if (!error) {
        fire_timer(id);
      }
    });
  }

  void fire_timer(int id) {
    std::unique_lock lock(mutex_);
    const auto found = timers_.find(id);
    if (found == timers_.end() || found->second.milliseconds < 0) {
      return;
    }
    const auto callback = found->second.callback;
    void* opaque = found->second.opaque;
    lock.unlock();
    callback(id, opaque);
    arm_timer(id);  // libvirt's timers repeat until they are changed
  }

  std::mutex mutex_;
  std::optional<asio::any_io_executor> executor_;
  std::map<int, Handle> handles_;
  std::map<int, Timer> timers_;
  int next_ = 1;
};

/// Never destroyed: libvirt's own threads may call in while the program ends.
Loop& loop() {
  static auto* the_loop = new Loop;
  return *the_loop;
}

int add_handle(int fd, int events, virEventHandleCallback callback, void* opaque, virFreeCallback release) {
  Handle handle;
  handle.fd = fd;
  handle.events = events;
  handle.callback = callback;
  handle.opaque = opaque;
  handle.release = release;
  return loop().add_handle(std::move(handle));
}

int add_timer(int milliseconds, virEventTimeoutCallback callback, void* opaque, virFreeCallback release) {
  Timer timer;
  timer.milliseconds = milliseconds;
  timer.callback = callback;
  timer.opaque = opaque;
  timer.release = release;
  return loop().add_timer(std::move(timer));
}

void update_handle(int id, int events) { loop().update_handle(id, events); }
int remove_handle(int id) { return loop().remove_handle(id); }
void update_timer(int id, int milliseconds) { loop().update_timer(id, milliseconds); }
int remove_timer(int id) { return loop().remove_timer(id); }

}  // namespace

void use_for_libvirt(const asio::any_io_executor& executor) {
  loop().attach(executor);
  static std::once_flag once;
  std::call_once(once, [] {
    virEventRegisterImpl(add_handle, update_handle, remove_handle, add_timer, update_timer, remove_timer);
  });
}

void forget_libvirt_events() { loop().detach(); }

}  // namespace assay::machine
