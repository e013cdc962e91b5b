import { useSession } from "@/api/session";
import { FirstUserForm } from "@/shell/first-user";
import { Modal } from "@/ui/modal";

export default function FirstUserDialog({ onClose }: { onClose: () => void }) {
  const { account_id } = useSession();
  return (
    <Modal
      title="Make yourself a user"
      about="An owner: who may do everything, and make users for others."
      size="base"
      onClose={onClose}
    >
      <FirstUserForm account={account_id} onDone={onClose} onLater={onClose} />
    </Modal>
  );
}
