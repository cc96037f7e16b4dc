/*
 * DESIGN
 * A contact is an address with a time at which it is to be dialled. The manager
 * starts a connection for each contact that is due and belongs to no connected
 * node; after a failure the interval doubles. Which node is at an address is
 * known once it has answered there: several contacts may turn out to be the
 * same node, or this one.
 *
 * Contacts given by the program stay for ever, and those that a finder names
 * (DNS, a file) for as long as it does. One that it no longer names is an
 * ordinary one, which is forgotten sooner when it cannot be reached: what a
 * finder says never ends a connection. Other contacts come from nodes, which
 * may send anything. So there are at most LN_MESH_CONTACTS_MAX; a
 * contact that could not be reached makes room for a new one, and one that
 * could not be reached for LN_MESH_GIVE_UP is forgotten.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/time.h"
#include "mesh/mesh_impl.h"
#include "node/id_table.h"
#include "node/node.h"

struct ln_connection *ln_mesh_find(struct ln_mesh *mesh,
				   const uint8_t incarnation[LN_ID_SIZE])
{
	ln_lock_assert(&mesh->lock);
	ln_list_for_each (at, &mesh->connections) {
		struct ln_connection *connection =
			ln_container_of(at, struct ln_connection, link);

		if ((connection->state == LN_CONNECTION_CLAIMED ||
		     connection->state == LN_CONNECTION_UP) &&
		    memcmp(connection->hello.greeting.id.incarnation,
			   incarnation, LN_ID_SIZE) == 0)
			return connection;
	}
	return NULL;
}

static void forget(struct ln_mesh *mesh, struct ln_contact *contact)
{
	ln_assert(mesh->contact_count > 0 && !contact->dialing);
	ln_list_remove(&contact->link);
	mesh->contact_count--;
	free(contact);
}

static struct ln_contact *contact_of(struct ln_list *at)
{
	return ln_container_of(at, struct ln_contact, link);
}

static bool is_kept(const struct ln_contact *contact)
{
	return contact->given || contact->finders != 0;
}

/* Makes room for a contact; false: all may still be good. */
static bool make_room(struct ln_mesh *mesh)
{
	ln_lock_assert(&mesh->lock);
	if (mesh->contact_count < LN_MESH_CONTACTS_MAX)
		return true;
	ln_list_for_each (at, &mesh->contacts) {
		struct ln_contact *contact = contact_of(at);

		if (is_kept(contact) || contact->dialing || contact->error == 0)
			continue;
		forget(mesh, contact);
		return true;
	}
	return false;
}

struct ln_contact *ln_contact_add(struct ln_mesh *mesh, const char *address,
				  const uint8_t *incarnation)
{
	struct ln_contact *contact;

	ln_lock_assert(&mesh->lock);
	ln_list_for_each (at, &mesh->contacts) {
		contact = contact_of(at);
		if (strcmp(contact->address, address) == 0)
			goto found;
	}
	if (!make_room(mesh))
		return NULL;
	contact = calloc(1, sizeof(*contact));
	if (contact == NULL)
		return NULL;
	ln_mesh_copy(contact->address, sizeof(contact->address), address);
	contact->delay = LN_MESH_BACKOFF_FIRST;
	/* Over a carrier an address is that of an incarnation: once it is gone,
	 * nobody is there again. */
	contact->vanished = mesh->carrier != NULL;
	ln_list_append(&mesh->contacts, &contact->link);
	mesh->contact_count++;
found:
	if (incarnation != NULL) {
		memcpy(contact->incarnation, incarnation, LN_ID_SIZE);
		contact->identified = true;
	}
	return contact;
}

void ln_contact_up(struct ln_mesh *mesh, struct ln_connection *connection)
{
	const uint8_t *incarnation = connection->hello.greeting.id.incarnation;
	struct ln_contact *contact;

	ln_lock_assert(&mesh->lock);
	ln_list_for_each (at, &mesh->contacts) {
		contact = contact_of(at);
		if (contact->identified &&
		    memcmp(contact->incarnation, incarnation, LN_ID_SIZE) == 0)
			return;
	}
	contact = ln_contact_add(mesh, connection->hello.address, incarnation);
	if (contact != NULL)
		contact->tried = true;
}

void ln_contact_lost(struct ln_mesh *mesh, struct ln_connection *connection,
		     bool left)
{
	ln_lock_assert(&mesh->lock);
	ln_list_for_each_safe (at, next, &mesh->contacts) {
		struct ln_contact *contact = contact_of(at);

		if (!contact->identified ||
		    memcmp(contact->incarnation,
			   connection->hello.greeting.id.incarnation,
			   LN_ID_SIZE) != 0)
			continue;
		contact->delay =
			left ? LN_MESH_BACKOFF_MAX : LN_MESH_BACKOFF_FIRST;
		contact->due = ln_time_now() + contact->delay;
		contact->identified = false;
		if (left && !is_kept(contact) && !contact->dialing)
			forget(mesh, contact);
	}
	ln_task_wake(&mesh->manager);
}

/* Whether it could not be reached for so long that it is forgotten. */
static bool hopeless(const struct ln_contact *contact)
{
	int64_t bound =
		contact->vanished ? LN_MESH_VANISHED_GIVE_UP : LN_MESH_GIVE_UP;

	return contact->failing != 0 && contact->due - contact->failing > bound;
}

/* Its reader has it no more. */
static void settle(struct ln_mesh *mesh, struct ln_contact *contact, int error,
		   const char *reason)
{
	int64_t now = ln_time_now();

	ln_lock_assert(&mesh->lock);
	ln_assert(contact->dialing && mesh->dial_count > 0);
	contact->dialing = false;
	contact->tried = true;
	contact->error = error;
	mesh->dial_count--;
	if (error == 0) {
		contact->delay = LN_MESH_BACKOFF_FIRST;
		contact->failing = 0;
		contact->reason[0] = '\0';
		return;
	}
	ln_mesh_copy(contact->reason, sizeof(contact->reason), reason);
	if (contact->failing == 0)
		contact->failing = now;
	contact->due = now + contact->delay;
	contact->delay *= 2;
	if (contact->delay > LN_MESH_BACKOFF_MAX)
		contact->delay = LN_MESH_BACKOFF_MAX;
}

void ln_contact_tried(struct ln_mesh *mesh, struct ln_contact *contact,
		      const uint8_t *incarnation, int error, const char *reason)
{
	if (contact == NULL)
		return;
	ln_lock_acquire(&mesh->lock);
	if (incarnation != NULL) {
		memcpy(contact->incarnation, incarnation, LN_ID_SIZE);
		contact->identified = true;
		contact->self = memcmp(mesh->node->id.incarnation, incarnation,
				       LN_ID_SIZE) == 0;
	}
	settle(mesh, contact, error, reason);
	if (!is_kept(contact) && (contact->self || hopeless(contact)))
		forget(mesh, contact);
	ln_lock_release(&mesh->lock);
	ln_task_wake(&mesh->manager);
	ln_mesh_changed(mesh);
}

/* Forgets what a finder has said. */
static void withdraw(struct ln_mesh *mesh, uint8_t bit)
{
	ln_lock_assert(&mesh->lock);
	ln_list_for_each (at, &mesh->contacts) {
		struct ln_contact *contact = contact_of(at);

		if ((contact->finders & bit) == 0)
			continue;
		contact->finders &= (uint8_t)~bit;
		contact->vanished = !is_kept(contact);
	}
}

static void find(struct ln_mesh *mesh, uint8_t bit, const char *address)
{
	struct ln_contact *contact;

	if (!ln_mesh_takes(mesh, address))
		return;
	contact = ln_contact_add(mesh, address, NULL);
	if (contact == NULL)
		return;
	/* Back again: it need not wait for its turn. */
	if (contact->vanished && contact->error < 0)
		contact->due = ln_time_now();
	contact->finders |= bit;
	contact->vanished = false;
}

/* One that is this node itself would be kept for nothing. */
static void drop_vanished_self(struct ln_mesh *mesh)
{
	ln_lock_assert(&mesh->lock);
	ln_list_for_each_safe (at, next, &mesh->contacts) {
		struct ln_contact *contact = contact_of(at);

		if (contact->self && !is_kept(contact) && !contact->dialing)
			forget(mesh, contact);
	}
}

void ln_contacts_found(struct ln_mesh *mesh, unsigned finder,
		       const char *const *addresses, size_t count)
{
	uint8_t bit = (uint8_t)(1u << finder);

	ln_assert(finder < LN_FABRIC_FINDERS_MAX);
	ln_lock_acquire(&mesh->lock);
	mesh->silent &= (uint8_t)~bit;
	if (addresses != NULL)
		withdraw(mesh, bit);
	for (size_t i = 0; addresses != NULL && i < count; i++)
		find(mesh, bit, addresses[i]);
	drop_vanished_self(mesh);
	ln_lock_release(&mesh->lock);
	ln_task_wake(&mesh->manager);
	ln_mesh_changed(mesh);
}

/* One that is connected is left alone. Otherwise it is dialled soon, but not
 * more often than one that is lost is: anybody may say that it is there. */
void ln_contacts_heard(struct ln_mesh *mesh, const char *address,
		       const uint8_t *incarnation)
{
	struct ln_contact *contact;
	int64_t soon = ln_time_now() + LN_MESH_BACKOFF_FIRST;

	ln_lock_acquire(&mesh->lock);
	contact = !mesh->stopping && ln_mesh_takes(mesh, address) &&
				  ln_mesh_find(mesh, incarnation) == NULL
			  ? ln_contact_add(mesh, address, incarnation)
			  : NULL;
	if (contact != NULL && !contact->dialing && contact->due > soon)
		contact->due = soon;
	ln_lock_release(&mesh->lock);
	if (contact == NULL)
		return;
	ln_task_wake(&mesh->manager);
	ln_mesh_changed(mesh);
}

/* The next contact to dial, or NULL; then *wake is when to check again. */
static struct ln_contact *next_due(struct ln_mesh *mesh, int64_t now,
				   int64_t *wake)
{
	ln_lock_assert(&mesh->lock);
	*wake = LN_NEVER;
	if (mesh->dial_count >= LN_MESH_DIALS_MAX)
		return NULL; /* whichever ends will say so */
	ln_list_for_each (at, &mesh->contacts) {
		struct ln_contact *contact = contact_of(at);

		if (contact->dialing || contact->self)
			continue;
		if (contact->due <= now && contact->identified &&
		    ln_mesh_find(mesh, contact->incarnation) != NULL) {
			contact->tried = true;
			contact->due = now + LN_MESH_BACKOFF_MAX;
		}
		if (contact->due <= now)
			return contact;
		if (contact->due < *wake)
			*wake = contact->due;
	}
	return NULL;
}

void ln_contacts_manage(struct ln_mesh *mesh)
{
	struct ln_task *task = &mesh->manager;
	int error = 0;

	while (error == 0 || error == LN_ETIMEDOUT) {
		struct ln_contact *contact;
		int64_t wake;

		ln_lock_acquire(&mesh->lock);
		contact = next_due(mesh, ln_time_now(), &wake);
		if (contact != NULL) {
			ln_assert(!contact->dialing);
			ln_assert(mesh->dial_count < LN_MESH_DIALS_MAX);
			contact->dialing = true;
			mesh->dial_count++;
		}
		ln_lock_release(&mesh->lock);
		ln_mesh_changed(mesh);
		if (contact == NULL) {
			error = ln_task_wait(task, wake);
			continue;
		}
		error = ln_connection_start(mesh, NULL, contact);
		if (error == LN_ENOMEM)
			error = ln_task_sleep(task, ln_time_after_ms(100));
	}
}

void ln_contacts_free(struct ln_mesh *mesh)
{
	while (!ln_list_empty(&mesh->contacts))
		forget(mesh, contact_of(mesh->contacts.next));
}
