// SPDX-License-Identifier: GPL-2.0-or-later
#include "finding/functions.hpp"

#include "finding/characters.hpp"

#include <algorithm>
#include <array>

namespace assay::finding {
namespace {

bool is_any(std::string_view function, const auto& names) {
  return std::find(names.begin(), names.end(), function) != names.end();
}

/// "__mutex_lock" and "_raw_spin_lock" are looked up without underscores.
std::string_view bare(std::string_view function) {
  function.remove_prefix(std::min(function.size(), function.find_first_not_of('_')));
  return function;
}

constexpr std::array reporters{"die",
                               "die_body",
                               "warn",
                               "do_trap",
                               "do_error_trap",
                               "page_fault",
                               "do_page_fault",
                               "error_code",
                               "error_entry",
                               "do_user_addr_fault",
                               "end_report",
                               "printk",
                               "vprintk",
                               "ret_from_intr",
                               "general_protection",
                               "do_mem_abort",
                               "do_kern_addr_fault",
                               "valid_state",
                               "do_kernel_fault",
                               "null"};

constexpr std::array parts_of_reporters{"dump_stack",
                                        "show_stack",
                                        "show_regs",
                                        "show_trace",
                                        "dump_backtrace",
                                        "print_report",
                                        "print_addr",
                                        "kasan",
                                        "kmsan",
                                        "kcsan",
                                        "kfence",
                                        "ubsan",
                                        "asan_",
                                        "msan_",
                                        "tsan_",
                                        "sanitizer",
                                        "report_bug",
                                        "fixup_bug",
                                        "handle_bug",
                                        "invalid_op",
                                        "panic",
                                        "warn_slowpath",
                                        "page_fault_oops",
                                        "oops_",
                                        "asm_exc_",
                                        "exc_page_fault",
                                        "exc_general",
                                        "exc_invalid",
                                        "exc_divide",
                                        "exc_double",
                                        "do_translation_fault",
                                        "do_tag_check",
                                        "program_check",
                                        "stack_trace_",
                                        "unwind_",
                                        "arch_stack_walk",
                                        "nmi_cpu_backtrace",
                                        "nmi_trigger",
                                        "trigger_all_cpu",
                                        "exc_nmi",
                                        "nmi_handle",
                                        "do_nmi",
                                        "lockdep",
                                        "lock_acquire",
                                        "lock_release",
                                        "lock_class",
                                        "validate_chain",
                                        "check_noncircular",
                                        "check_prev",
                                        "check_deadlock",
                                        "print_circular",
                                        "print_usage",
                                        "print_unlock",
                                        "print_deadlock",
                                        "mark_lock",
                                        "held_locks",
                                        "might_sleep",
                                        "might_resched",
                                        "might_fault",
                                        "preemption_disabled",
                                        "preempt_check",
                                        "debug_smp_processor",
                                        "schedule_bug",
                                        "schedule_debug",
                                        "check_panic_on_warn",
                                        "check_memory_region",
                                        "check_region_inline",
                                        "read_word_at_a_time",
                                        "debug_object",
                                        "debug_print",
                                        "debug_check_no",
                                        "is_static_object",
                                        "perf_trace",
                                        "indirect_thunk",
                                        "bad_trap",
                                        "el1_abort",
                                        "el1_sync",
                                        "el1h_64",
                                        "spin_bug",
                                        "spin_dump",
                                        "rwlock_bug",
                                        "check_bytes_and_report",
                                        "object_err",
                                        "slab_err",
                                        "print_trailer",
                                        "bad_page",
                                        "print_bad_pte",
                                        "sun4v_data_access",
                                        "unhandled_fault",
                                        "timer_interrupt",
                                        "stack_chk",
                                        "lookup_bad",
                                        "fortify",
                                        "handle_overflow"};

constexpr std::array servants{"down",          "up",
                              "complete",      "kfree",
                              "kvfree",        "vfree",
                              "string",        "number",
                              "kfree_skb",     "schedule",
                              "pointer",       "vmalloc",
                              "io_schedule",   "free_page",
                              "free_pages",    "put_page",
                              "folio_put",     "folios_put",
                              "put_pages",     "free_one_page",
                              "release_pages", "page_frag_free",
                              "phys_addr",     "phys_addr_symbol",
                              "virt_to_phys",  "virt_addr_valid"};

constexpr std::array beginnings_of_servants{"memcpy",          "memset",
                                            "memmove",         "memcmp",
                                            "memchr",          "memscan",
                                            "strcmp",          "strncmp",
                                            "strcpy",          "strncpy",
                                            "strlcpy",         "strscpy",
                                            "strlen",          "strnlen",
                                            "strstr",          "strnstr",
                                            "strchr",          "strcat",
                                            "klist_",          "crc",
                                            "csum_",           "free_unref_",
                                            "free_frozen_",    "free_pages_",
                                            "free_pcp",        "folios_put_refs",
                                            "seqprop_",        "strlcat",
                                            "sized_strscpy",   "atomic",
                                            "arch_atomic",     "raw_atomic",
                                            "set_bit",         "clear_bit",
                                            "test_bit",        "test_and_",
                                            "llist_",          "rb_",
                                            "queued_",         "osq_",
                                            "rwsem_",          "rt_mutex_",
                                            "percpu_rwsem_",   "instrument_",
                                            "down_",           "up_",
                                            "vmalloc_no",      "get_user_nocheck",
                                            "get_user_1",      "get_user_2",
                                            "get_user_4",      "get_user_8",
                                            "preempt_schedule"};

constexpr std::array parts_of_servants{"spin_lock",
                                       "spin_trylock",
                                       "spin_unlock",
                                       "raw_read_",
                                       "raw_write_",
                                       "read_lock_slow",
                                       "mutex_lock",
                                       "mutex_trylock",
                                       "mutex_unlock",
                                       "mutex_remove",
                                       "refcount",
                                       "kref_",
                                       "list_add",
                                       "list_del",
                                       "list_replace",
                                       "list_move",
                                       "list_splice",
                                       "printf",
                                       "va_format",
                                       "copy_to_user",
                                       "copy_from_user",
                                       "copy_to_iter",
                                       "copy_from_iter",
                                       "put_user",
                                       "usercopy",
                                       "check_object_size",
                                       "check_heap_object",
                                       "kmalloc",
                                       "kcalloc",
                                       "kzalloc",
                                       "krealloc",
                                       "kvmalloc",
                                       "kmem_cache",
                                       "slab_alloc",
                                       "slab_free",
                                       "slab_post_alloc",
                                       "slab_pre_alloc",
                                       "new_slab",
                                       "allocate_slab",
                                       "alloc_pages",
                                       "alloc_frozen",
                                       "prep_new_page",
                                       "warn_alloc",
                                       "kmemdup",
                                       "kstrdup",
                                       "memdup",
                                       "strndup",
                                       "get_page_from_freelist",
                                       "del_timer",
                                       "timer_delete",
                                       "flush_work",
                                       "cancel_work",
                                       "cancel_delayed_work",
                                       "grab_pending",
                                       "kthread_stop",
                                       "wait_for_completion",
                                       "wake_up",
                                       "finish_wait",
                                       "kobject_",
                                       "uevent_var",
                                       "device_add",
                                       "device_del",
                                       "device_unregister",
                                       "device_destroy",
                                       "sysfs_remove",
                                       "unregister_netdev",
                                       "rollback_registered",
                                       "usb_submit_urb",
                                       "usb_hcd_submit",
                                       "usb_kill_",
                                       "usb_control_msg",
                                       "usb_start_wait",
                                       "usb_bulk_msg",
                                       "usb_interrupt_msg"};

}  // namespace

bool reports(std::string_view function) {
  return is_any(bare(function), reporters) || contains_any(function, parts_of_reporters);
}

bool serves(std::string_view function) {
  const auto name = bare(function);
  return is_any(name, servants) || starts_with_any(name, beginnings_of_servants) ||
         contains_any(function, parts_of_servants);
}

bool waits(std::string_view function) {
  constexpr std::array parts{
      "sched",      "_lock",          "_slowlock",          "lock_slowpath", "down_",      "completion",
      "kthread",    "wait_on",        "wait_for",           "wait_event",    "wait_bit",   "wait_common",
      "wait_woken", "context_switch", "switch_to",          "synchronize_",  "flush_work", "io_wait",
      "bit_wait",   "folio_wait",     "cancel_delayed_work"};
  // Which lock or grace period it was says more than who wanted it.
  return (contains_any(function, parts) || bare(function).starts_with("down")) &&
         !function.starts_with("rtnl_lock") && !function.starts_with("synchronize_rcu");
}

bool allocates(std::string_view function) {
  constexpr std::array parts{"kmemleak", "alloc",         "kmem",       "slab",   "create_object",
                             "mmap",     "idr_get",       "printf",     "memdup", "strdup",
                             "strndup",  "list_lru_init", "pcpu_create"};
  return contains_any(function, parts);
}

bool reads_rcu(std::string_view function) {
  constexpr std::array parts{"rcu", "kmem", "slab", "kmalloc", "kzalloc", "kcalloc", "vmalloc"};
  return contains_any(function, parts);
}

bool tracks_objects(std::string_view function) {
  constexpr std::array parts{"debug_", "rcu",   "hrtimer_", "timer_", "work_",   "percpu_", "kmem_",
                             "slab_",  "kfree", "vunmap",   "vfree",  "__free_", "kobject_"};
  return contains_any(function, parts);
}

bool is_entry(std::string_view function) {
  constexpr std::array parts{"do_syscall_",
                             "do_fast_syscall",
                             "entry_SYSCALL",
                             "x64_sys_call",
                             "invoke_syscall",
                             "linux_sparc_syscall",
                             "process_one_work",
                             "process_scheduled_works",
                             "do_softirq",
                             "handle_softirqs",
                             "call_timer_fn",
                             "run_timers",
                             "smpboot_thread_fn",
                             "kthread",
                             "ret_from_fork",
                             "start_secondary",
                             "cpu_startup_entry",
                             "vfs_write",
                             "vfs_read",
                             "vfs_iter_",
                             "do_iter_read",
                             "do_iter_write",
                             "vfs_ioctl",
                             "sys_ioctl",
                             "call_mmap",
                             "mmap_region",
                             "do_mmap",
                             "do_dentry_open",
                             "vfs_open",
                             "handle_mm_fault",
                             "do_fault",
                             "do_page_fault",
                             "fput",
                             "task_work_run",
                             "exit_to_user",
                             "netif_receive_skb",
                             "sock_sendmsg",
                             "sock_recvmsg",
                             "sock_release",
                             "sys_setsockopt",
                             "sock_ioctl",
                             "sock_do_ioctl",
                             "rtnetlink_rcv_msg",
                             "nfnetlink_rcv_msg"};
  return contains_any(function, parts);
}

}  // namespace assay::finding
